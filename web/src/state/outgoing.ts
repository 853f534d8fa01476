/** What the user has written and the hub has not confirmed yet. */

import type { Message } from "../api/types.ts";

export interface Outgoing {
  /** Idempotency key: however often the message is sent, it appears once. */
  readonly key: string;
  readonly body: string;
  readonly at: string;
  /** Why the hub would not take it; null while it is on its way. */
  readonly problem: string | null;
  /** The message that looks like this one and came as an event before the answer; it is shown instead. */
  readonly shownAs: number | null;
}

export type OutgoingAction =
  | { readonly kind: "posting"; readonly key: string; readonly body: string; readonly at: string }
  | { readonly kind: "posted"; readonly key: string }
  | { readonly kind: "refused"; readonly key: string; readonly problem: string }
  | { readonly kind: "discarded"; readonly key: string };

/** Return the state after something happened to a message on its way out. */
export function afterPost<S extends { readonly outgoing: readonly Outgoing[] }>(state: S, action: OutgoingAction): S {
  return { ...state, outgoing: next(state.outgoing, action) };
}

/**
 * Return what is on its way after a message of the user's own came as an event.
 *
 * The event may be faster than the answer to the post. Without a match the message would show twice for a moment.
 */
export function matchOutgoing(outgoing: readonly Outgoing[], message: Message): readonly Outgoing[] {
  const match = outgoing.find((one) => one.shownAs === null && one.problem === null && one.body === message.body);
  return outgoing.map((one) => (one === match ? { ...one, shownAs: message.id } : one));
}

function next(outgoing: readonly Outgoing[], action: OutgoingAction): readonly Outgoing[] {
  switch (action.kind) {
    case "posting":
      return [...without(outgoing, action.key), fresh(action)];
    case "refused":
      return outgoing.map((one) => (one.key === action.key ? { ...one, problem: action.problem, shownAs: null } : one));
    case "posted":
    case "discarded":
      return without(outgoing, action.key);
  }
}

function fresh({ key, body, at }: { key: string; body: string; at: string }): Outgoing {
  return { key, body, at, problem: null, shownAs: null };
}

function without(outgoing: readonly Outgoing[], key: string): readonly Outgoing[] {
  return outgoing.filter((one) => one.key !== key);
}
