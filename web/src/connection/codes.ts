/** What the hub's codes mean to people: of a connection that it ended, and of a stream that it does not let them read. */

import { disconnectedCodes } from "centrifuge";

const CONNECTION: ReadonlyMap<number, string> = new Map([
  [disconnectedCodes.messageSizeLimit, "A message was too large, and the hub ended the connection."],
  [101, "You are no longer logged in."],
  [3500, "You are no longer logged in."],
  [3501, "The hub does not know what was asked for."],
  [3504, "You have too many connections to the hub. Close another window, then try again."],
  [3507, "You may not connect."],
  [3509, "The hub ended the connection after too many errors."],
]);

const MAY_NOT_READ = "You may not read this.";

const STREAM: ReadonlyMap<number, string> = new Map([
  [102, "There is no such thing to read."],
  [103, MAY_NOT_READ],
  [106, "You read too much at the same time. Close another room, then try again."],
  [2000, MAY_NOT_READ],
  [2102, "It is no longer there to be read."],
  [2103, MAY_NOT_READ],
]);

/** Return a sentence about a connection that the hub ended for good: by a close code, or the error of a `connect`. */
export function endReason(code: number): string {
  return CONNECTION.get(code) ?? `The hub ended the connection (code ${code}).`;
}

/** Return a sentence about a stream: by the error of a `subscribe`, or the code with which reading was ended. */
export function closeReason(code: number): string {
  return STREAM.get(code) ?? `The hub does not let you read this (code ${code}).`;
}
