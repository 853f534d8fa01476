/** How the page is connected as a whole, from the states of what it reads, as people should hear of it. */

import type { StreamStatus } from "../connection/stream.ts";

export type Health =
  /** The page has just been opened. */
  | { readonly kind: "starting" }
  | { readonly kind: "live" }
  /** Was down, and has caught up. */
  | { readonly kind: "restored" }
  /** Down; it comes back by itself. */
  | { readonly kind: "down"; readonly offline: boolean }
  /** The hub has ended the connection for good. */
  | { readonly kind: "ended"; readonly reason: string };

/** Return the health after a change. `statuses` are those of all streams that should be read. */
export function nextHealth(before: Health, statuses: readonly StreamStatus[]): Health {
  const ended = statuses.find((status) => status.kind === "ended");
  if (ended) return { kind: "ended", reason: ended.reason };
  const waiting = statuses.find((status) => status.kind === "waiting");
  if (waiting) return { kind: "down", offline: waiting.offline };
  if (statuses.every((status) => status.kind === "live" || status.kind === "closed")) return back(before);
  // Opening another room is no news, and an attempt is none yet.
  return before;
}

/** Return the sentence that announces a health, or an empty text where there is nothing to tell. */
export function healthSentence(health: Health): string {
  switch (health.kind) {
    case "starting":
    case "live":
      return "";
    case "restored":
      return "Back online. You have missed nothing.";
    case "down":
      return health.offline
        ? "You are offline. What you write now is sent when you are back."
        : "Connection lost. What you write now is sent when it is back.";
    case "ended":
      return health.reason;
  }
}

function back(before: Health): Health {
  if (before.kind === "restored") return before;
  return { kind: isGone(before) ? "restored" : "live" };
}

/** Return whether something may have been missed. */
export function isGone(health: Health): boolean {
  return health.kind === "down" || health.kind === "ended";
}
