/** What is read out of new messages to people who hear the page. */

import type { Message } from "../api/types.ts";
import { authorName } from "./names.ts";

/** More than this at once are counted, not read. */
const MANY = 3;
const LONGEST = 200;

/** Return the messages that are newer than all that were there before. */
export function newerThan(before: readonly Message[], now: readonly Message[]): Message[] {
  const last = before.at(-1)?.id ?? 0;
  return now.filter((message) => message.id > last);
}

/** Return the sentence for some new messages, at least one. */
export function announcement(messages: readonly Message[]): string {
  if (messages.length > MANY) return `${messages.length} new messages.`;
  return messages.map((message) => `${authorName(message.author)}: ${shorten(message.body)}`).join(" ");
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
