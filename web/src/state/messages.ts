/** Lists of messages, in the order in which they were said. */

import type { Message } from "../api/types.ts";

/** Return messages with more of them, by id; of two versions the new one stays. */
export function withMessages(messages: readonly Message[], more: readonly Message[]): readonly Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const message of more) byId.set(message.id, message);
  return [...byId.values()].sort((one, other) => one.id - other.id);
}
