/** A room as its reader sees it: a snapshot, and what events make of it. Pure: the same in gives the same out. */

import type { MessagePage } from "../api/hub-api.ts";
import type { Message, Room, User } from "../api/types.ts";
import type { Position, StreamEvent } from "../connection/stream.ts";
import { applyRoomEvent } from "./room-events.ts";
import { withMessages } from "./messages.ts";
import { afterPost, type Outgoing } from "./outgoing.ts";
import { afterAnswer, type PresenceAnswer, type PresenceState, UNKNOWN } from "./presence.ts";
import { after, isStale, remember, step } from "./recent.ts";

/** Somebody who is typing, until this time (milliseconds since 1970) unless heard of again. */
export interface Typing {
  readonly user: User;
  readonly until: number;
}

export interface RoomState {
  /** Null until the first snapshot. */
  readonly position: Position | null;
  readonly room: Room | null;
  /** Whether the room was deleted while it was open. */
  readonly deleted: boolean;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** What to ask for the messages before these; null when these are the first. */
  readonly older: number | null;
  readonly typing: readonly Typing[];
  /** Who is here, as far as it is known. */
  readonly presence: PresenceState;
  /** What the user has written and the hub has not confirmed. */
  readonly outgoing: readonly Outgoing[];
  readonly recent: readonly StreamEvent[];
}

export type RoomAction =
  | { readonly kind: "snapshot"; readonly room: Room; readonly page: MessagePage }
  | { readonly kind: "older"; readonly page: MessagePage }
  | { readonly kind: "event"; readonly event: StreamEvent; readonly me: number; readonly now: number }
  | { readonly kind: "membership"; readonly isMember: boolean }
  | { readonly kind: "presence"; readonly answer: PresenceAnswer | null }
  | { readonly kind: "clock"; readonly now: number }
  | { readonly kind: "posting"; readonly key: string; readonly body: string; readonly at: string }
  | { readonly kind: "posted"; readonly key: string; readonly message: Message }
  | { readonly kind: "refused"; readonly key: string; readonly problem: string }
  | { readonly kind: "discarded"; readonly key: string };

export const EMPTY_ROOM: RoomState = {
  position: null,
  room: null,
  deleted: false,
  messages: [],
  older: null,
  typing: [],
  presence: UNKNOWN,
  outgoing: [],
  recent: [],
};

/** Return the state after an action. An event that the position covers already changes nothing. */
export function reduceRoom(state: RoomState, action: RoomAction): RoomState {
  switch (action.kind) {
    case "snapshot":
      return takeSnapshot(state, action.room, action.page);
    case "older":
      return takeOlder(state, action.page);
    case "event":
      return takeEvent(state, action.event, action.me, action.now);
    case "membership":
      return state.room ? { ...state, room: { ...state.room, is_member: action.isMember } } : state;
    case "presence":
      return { ...state, presence: afterAnswer(state.presence, action.answer) };
    case "clock":
      return { ...state, typing: state.typing.filter((typing) => typing.until > action.now) };
    case "posted":
      return takePosted(afterPost(state, action), action.message);
    default:
      return afterPost(state, action);
  }
}

function takeSnapshot(state: RoomState, room: Room, page: MessagePage): RoomState {
  const { position, results, older } = page;
  return { ...EMPTY_ROOM, outgoing: state.outgoing, position, room, messages: results, older };
}

function takeOlder(state: RoomState, page: MessagePage): RoomState {
  // Of a message that is here already, this version is the newer one: events have kept it up to date.
  const messages = withMessages(page.results, state.messages);
  const extended: RoomState = { ...state, messages, older: page.older };
  const late = after(state.recent, page.position).filter((event) => event.type !== "message.created");
  return late.reduce((current, event) => applyRoomEvent(current, event, 0, 0), extended);
}

function takePosted(state: RoomState, message: Message): RoomState {
  // The answer may come after events that tell of the message's later life; what they made of it stays.
  const isGone = state.recent.some(
    (event) => event.type === "message.deleted" && (event.data as Message).id === message.id,
  );
  return isGone ? state : { ...state, messages: withMessages([message], state.messages) };
}

function takeEvent(state: RoomState, event: StreamEvent, me: number, now: number): RoomState {
  if (isStale(event, state.position)) return state;
  const applied = applyRoomEvent(state, event, me, now);
  if (event.offset === null) return applied;
  return { ...applied, position: step(state.position, event), recent: remember(state.recent, event) };
}
