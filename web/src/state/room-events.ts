/** What each event of a room's stream changes: one line an event type. */

import type { Message, RoomFields, User } from "../api/types.ts";
import type { StreamEvent } from "../connection/stream.ts";
import { withMessages } from "./messages.ts";
import { matchOutgoing } from "./outgoing.ts";
import { afterAnswer, afterChange, type PresenceAnswer, type PresenceEvent } from "./presence.ts";
import type { RoomState } from "./room.ts";

/** How long somebody counts as typing after the last sign of it. */
export const TYPING_MS = 6_000;

type Apply<Data> = (state: RoomState, data: Data, me: number, now: number) => RoomState;

const EVENTS: Readonly<Record<string, Apply<never>>> = {
  "message.created": created,
  "message.updated": updated,
  "message.deleted": removed,
  "room.updated": roomUpdated,
  "room.deleted": (state) => ({ ...state, deleted: true, typing: [] }),
  "member.joined": (state, { user }: { user: User }, me) => membership(state, user, me, true),
  "member.left": (state, { user }: { user: User }, me) => membership(state, user, me, false),
  typing,
  "presence.joined": (state, event: PresenceEvent) => ({ ...state, presence: afterChange(state.presence, event, true) }),
  "presence.left": presenceLeft,
  "presence.changed": (state, answer: PresenceAnswer) => ({ ...state, presence: afterAnswer(state.presence, answer) }),
};

/**
 * Return the state after an event, which the caller knows to be the next one.
 *
 * `me` is the user's id, `now` the time in milliseconds. A type that a newer hub sends changes nothing.
 */
export function applyRoomEvent(state: RoomState, event: StreamEvent, me: number, now: number): RoomState {
  const apply = Object.hasOwn(EVENTS, event.type) ? EVENTS[event.type] : undefined;
  return apply ? apply(state, event.data as never, me, now) : state;
}

function created(state: RoomState, message: Message, me: number): RoomState {
  const author = message.author?.id;
  return {
    ...state,
    messages: withMessages(state.messages, [message]),
    typing: state.typing.filter((typing) => typing.user.id !== author),
    outgoing: author === me ? matchOutgoing(state.outgoing, message) : state.outgoing,
  };
}

function updated(state: RoomState, message: Message): RoomState {
  // A message that is not shown yet comes in its new version with the page that holds it.
  return { ...state, messages: state.messages.map((shown) => (shown.id === message.id ? message : shown)) };
}

function removed(state: RoomState, { id }: { id: number }): RoomState {
  return { ...state, messages: state.messages.filter((message) => message.id !== id) };
}

function roomUpdated(state: RoomState, fields: RoomFields): RoomState {
  return state.room ? { ...state, room: { ...state.room, ...fields } } : state;
}

function membership(state: RoomState, user: User, me: number, isMember: boolean): RoomState {
  if (!state.room || user.id !== me) return state;
  return { ...state, room: { ...state.room, is_member: isMember } };
}

function typing(state: RoomState, { user }: { user: User }, me: number, now: number): RoomState {
  if (user.id === me) return state;
  const others = state.typing.filter((typing) => typing.user.id !== user.id);
  return { ...state, typing: [...others, { user, until: now + TYPING_MS }] };
}

function presenceLeft(state: RoomState, event: PresenceEvent): RoomState {
  const typing = state.typing.filter((typing) => typing.user.id !== event.user.id);
  return { ...state, typing, presence: afterChange(state.presence, event, false) };
}
