/** How the page is connected as a whole, from the states of its connections, as people should hear of it. */

import type { ConnectionStatus } from "../connection/stream.ts";

export type Health =
  /** The page has just been opened. */
  | { readonly kind: "starting" }
  | { readonly kind: "live" }
  /** Was down, and has caught up. */
  | { readonly kind: "restored" }
  /** Down; `retryAt` (milliseconds since 1970) is null while an attempt is under way. */
  | { readonly kind: "down"; readonly retryAt: number | null; readonly offline: boolean };

/** Return the health after a change. `statuses` are those of all connections that should be up. */
export function nextHealth(before: Health, statuses: readonly ConnectionStatus[]): Health {
  const waiting = statuses.find((status) => status.kind === "waiting");
  if (waiting) return { kind: "down", retryAt: waiting.retryAt, offline: waiting.offline };
  if (statuses.every((status) => status.kind === "live" || status.kind === "closed")) {
    return before.kind === "down" ? { kind: "restored" } : before.kind === "restored" ? before : { kind: "live" };
  }
  // Opening another room connects anew, which is no news.
  return before.kind === "down" ? { ...before, retryAt: null } : before;
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
  }
}
