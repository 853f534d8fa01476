/** Who is in a room, as far as the page knows. Pure. */

import type { User } from "../api/types.ts";

export interface Presence {
  /** Those who are named: all of a small room, some of a large one. */
  readonly users: readonly User[];
  /** How many users there are. */
  readonly total: number;
}

/** What the command `presence` answers, and the event `presence.changed` says. */
export interface PresenceAnswer {
  readonly users: readonly { readonly user: User; readonly connections: number }[];
  readonly total: number;
  readonly connections: number;
  readonly complete: boolean;
}

export function fromAnswer(answer: PresenceAnswer): Presence {
  return { users: answer.users.map((one) => one.user), total: answer.total };
}

/** Return the state after somebody came. What is not known does not become known by one who comes. */
export function withUser(presence: Presence | null, user: User): Presence | null {
  if (presence === null || presence.users.some((one) => one.id === user.id)) return presence;
  // Of a large room only the number changes: who else is there is not known.
  const users = isComplete(presence) ? [...presence.users, user] : presence.users;
  return { users, total: presence.total + 1 };
}

/** Return the state after somebody left. */
export function withoutUser(presence: Presence | null, user: { readonly id: number }): Presence | null {
  if (presence === null) return null;
  const users = presence.users.filter((one) => one.id !== user.id);
  // Told of somebody whom an answer has left out already.
  if (users.length === presence.users.length && isComplete(presence)) return presence;
  return { users, total: Math.max(users.length, presence.total - 1) };
}

/** Return whether everybody is named. */
export function isComplete(presence: Presence): boolean {
  return presence.users.length >= presence.total;
}
