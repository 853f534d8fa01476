/** The inbox as its reader sees it: a snapshot, and what events make of it. Pure: the same in gives the same out. */

import type { NotificationPage } from "../api/hub-api.ts";
import type { Notification } from "../api/types.ts";
import type { Position, StreamEvent } from "../connection/stream.ts";
import { after, isStale, remember, step } from "./recent.ts";

export interface InboxState {
  /** Null until the first snapshot. */
  readonly position: Position | null;
  /** How many notifications are unread, shown here or not. */
  readonly unread: number;
  /** Newest first. */
  readonly notifications: readonly Notification[];
  /** What to ask for the notifications before these; null when these are the first. */
  readonly older: number | null;
  readonly recent: readonly StreamEvent[];
}

export type InboxAction =
  | { readonly kind: "snapshot"; readonly page: NotificationPage }
  | { readonly kind: "older"; readonly page: NotificationPage }
  | { readonly kind: "event"; readonly event: StreamEvent };

export const EMPTY_INBOX: InboxState = { position: null, unread: 0, notifications: [], older: null, recent: [] };

type Apply<Data> = (state: InboxState, data: Data) => InboxState;

const EVENTS: Readonly<Record<string, Apply<never>>> = {
  "notification.created": created,
  "notification.updated": updated,
  "notification.read": markRead,
  "notification.read_all": markAllRead,
  "notification.deleted": removed,
};

/** Return the state after an action. An event that the position covers already changes nothing. */
export function reduceInbox(state: InboxState, action: InboxAction): InboxState {
  switch (action.kind) {
    case "snapshot":
      return takeSnapshot(action.page);
    case "older":
      return takeOlder(state, action.page);
    case "event":
      return takeEvent(state, action.event);
  }
}

function takeSnapshot({ position, unread, results, older }: NotificationPage): InboxState {
  return { position, unread, notifications: results, older, recent: [] };
}

function takeOlder(state: InboxState, page: NotificationPage): InboxState {
  const notifications = withNotifications(page.results, state.notifications);
  const late = after(state.recent, page.position).filter((event) => event.type !== "notification.created");
  const extended = late.reduce(applyEvent, { ...state, notifications });
  // The count follows the events alone; going through some of them once more must not turn it back.
  return { ...extended, older: page.older, unread: state.unread };
}

function takeEvent(state: InboxState, event: StreamEvent): InboxState {
  if (isStale(event, state.position)) return state;
  const applied = applyEvent(state, event);
  return { ...applied, position: step(state.position, event), recent: remember(state.recent, event) };
}

function applyEvent(state: InboxState, event: StreamEvent): InboxState {
  const apply = Object.hasOwn(EVENTS, event.type) ? EVENTS[event.type] : undefined;
  return apply ? apply(state, event.data as never) : state;
}

function created(state: InboxState, data: { notification: Notification; unread: number }): InboxState {
  return { ...state, unread: data.unread, notifications: withNotifications(state.notifications, [data.notification]) };
}

function updated(state: InboxState, data: { notification: Notification; unread: number }): InboxState {
  // One that is not shown yet comes in its new version with the page that holds it.
  const notifications = state.notifications.map((one) => (one.id === data.notification.id ? data.notification : one));
  return { ...state, unread: data.unread, notifications };
}

function markRead(state: InboxState, data: { id: number; read_at: string; unread: number }): InboxState {
  const notifications = state.notifications.map((one) =>
    one.id === data.id ? { ...one, read_at: data.read_at } : one,
  );
  return { ...state, unread: data.unread, notifications };
}

function markAllRead(state: InboxState, data: { through: number | null; read_at: string; unread: number }): InboxState {
  const through = data.through ?? 0;
  const notifications = state.notifications.map((one) =>
    one.id <= through && one.read_at === null ? { ...one, read_at: data.read_at } : one,
  );
  return { ...state, unread: data.unread, notifications };
}

function removed(state: InboxState, data: { id: number; unread: number }): InboxState {
  return { ...state, unread: data.unread, notifications: state.notifications.filter((one) => one.id !== data.id) };
}

function withNotifications(notifications: readonly Notification[], more: readonly Notification[]): Notification[] {
  const byId = new Map(notifications.map((one) => [one.id, one]));
  for (const one of more) byId.set(one.id, one);
  return [...byId.values()].sort((one, other) => other.id - one.id);
}
