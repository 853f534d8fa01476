/** What the close code of a WebSocket means to a reader of the hub. */

const TOO_BIG = 1009;

/** Return whether coming back would be refused again. */
export function isTerminal(code: number): boolean {
  return (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000) || code === TOO_BIG;
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [TOO_BIG, "A message was too large, and the hub ended the connection."],
  [3500, "You are no longer logged in."],
  [3501, "The hub does not know what was asked for."],
  [3507, "You may not read this."],
  [3509, "The hub ended the connection after too many errors."],
]);

/** Return a sentence for people about a terminal close code. */
export function closeReason(code: number): string {
  return REASONS.get(code) ?? `The hub ended the connection (code ${code}).`;
}
