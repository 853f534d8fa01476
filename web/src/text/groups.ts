/** How messages stand in a list: where a new day begins, and where somebody else speaks. */

import type { Message } from "../api/types.ts";
import { sameDay } from "./time.ts";

/** After a silence as long as this, the author is named again. */
const PAUSE_MS = 5 * 60_000;

export interface Placed {
  readonly message: Message;
  /** Whether it is the first of its day. */
  readonly startsDay: boolean;
  /** Whether its author is shown: not where the same one goes on speaking. */
  readonly startsGroup: boolean;
}

/** Return each message with its place in the list. `messages` are oldest first. */
export function place(messages: readonly Message[]): Placed[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const startsDay = !before || !sameDay(before.created_at, message.created_at);
    return { message, startsDay, startsGroup: startsDay || !before || !goesOn(before, message) };
  });
}

function goesOn(before: Message, message: Message): boolean {
  const silence = Date.parse(message.created_at) - Date.parse(before.created_at);
  return before.author?.id === message.author?.id && silence < PAUSE_MS;
}
