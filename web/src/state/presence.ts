/**
 * Who is in a room, as far as the page knows. Pure.
 *
 * Two server processes may tell in another order than things happened, and an answer may be older than an event that
 * came before it. So everything carries a number, which the hub gave when it was decided. The page keeps the last
 * answer and the changes after it, sorted: in whatever order they come, the outcome is the same.
 */

import type { User } from "../api/types.ts";

export interface Presence {
  /** Those who are named: all of a small room, some of a large one. */
  readonly users: readonly User[];
  /** How many users there are. */
  readonly total: number;
}

/** When something was so. Numbers grow with each change; with another epoch they begin again. */
interface Moment {
  readonly epoch: string;
  readonly number: number;
}

/** What the command `presence` answers, and the event `presence.changed` says. */
export interface PresenceAnswer extends Moment {
  readonly users: readonly { readonly user: User; readonly connections: number }[];
  readonly total: number;
  readonly connections: number;
  readonly complete: boolean;
}

/** What the events `presence.joined` and `presence.left` say; of a user who was deleted, the id alone. */
export interface PresenceEvent extends Moment {
  readonly user: User;
}

interface Change extends PresenceEvent {
  readonly joined: boolean;
}

export interface PresenceState {
  /** What is shown; null while it is not known. */
  readonly shown: Presence | null;
  /** The last answer, and what is so old that it is counted into it. */
  readonly known: (Presence & Moment) | null;
  /** What came besides and is later, in order. */
  readonly changes: readonly Change[];
  /** Epochs that are over. */
  readonly over: readonly string[];
}

export const UNKNOWN: PresenceState = { shown: null, known: null, changes: [], over: [] };

/** How many changes are kept apart; what is older than these does not come any more. */
export const MAX_CHANGES = 200;
const MAX_OVER = 20;

/** Return the state after an answer, or after none could be had. */
export function afterAnswer(state: PresenceState, answer: PresenceAnswer | null): PresenceState {
  if (answer === null) return { ...state, shown: null, known: null };
  const { epoch, number, total } = answer;
  const { known } = state;
  if (state.over.includes(epoch) || (known?.epoch === epoch && number < known.number)) return state;
  const over = known && known.epoch !== epoch ? [...state.over, known.epoch].slice(-MAX_OVER) : state.over;
  const users = answer.users.map((one) => one.user);
  return settle({ ...state, over, known: { epoch, number, users, total } });
}

/** Return the state after somebody came (`joined`) or left. What is not known does not become known by it. */
export function afterChange(state: PresenceState, event: PresenceEvent, joined: boolean): PresenceState {
  const { user, epoch, number } = event;
  const isKnown = state.changes.some((one) => one.number === number && one.epoch === epoch && one.user.id === user.id);
  if (isKnown) return state;
  const changes = [...state.changes, { user, epoch, number, joined }].sort((one, other) => one.number - other.number);
  return settle({ ...state, changes });
}

/** Leave out what is in the answer or over, and work out what is shown. */
function settle(state: PresenceState): PresenceState {
  let { known } = state;
  const changes = state.changes.filter(
    ({ epoch, number }) => !state.over.includes(epoch) && !(known?.epoch === epoch && number <= known.number),
  );
  while (changes.length > MAX_CHANGES) {
    const [oldest] = changes.splice(0, 1);
    if (oldest && known?.epoch === oldest.epoch) known = { ...known, ...applied(known, oldest), number: oldest.number };
  }
  const later = changes.filter(({ epoch }) => epoch === known?.epoch);
  return { ...state, known, changes, shown: known && later.reduce(applied, { users: known.users, total: known.total }) };
}

function applied(presence: Presence, { user, joined }: Change): Presence {
  return joined ? withUser(presence, user) : withoutUser(presence, user);
}

function withUser(presence: Presence, user: User): Presence {
  if (presence.users.some((one) => one.id === user.id)) return presence;
  // Of a large room only the number changes: who else is there is not known.
  const users = isComplete(presence) ? [...presence.users, user] : presence.users;
  return { users, total: presence.total + 1 };
}

function withoutUser(presence: Presence, user: { readonly id: number }): Presence {
  const users = presence.users.filter((one) => one.id !== user.id);
  // Its joining was lost: nobody is missing.
  if (users.length === presence.users.length && isComplete(presence)) return presence;
  return { users, total: Math.max(users.length, presence.total - 1) };
}

/** Return whether everybody is named. */
export function isComplete(presence: Presence): boolean {
  return presence.users.length >= presence.total;
}
