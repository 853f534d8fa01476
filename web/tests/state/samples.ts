/** Rows and events for tests, as the hub would send them. */

import type { MessagePage, NotificationPage } from "../../src/api/hub-api.ts";
import type { Message, Notification, Room, User } from "../../src/api/types.ts";
import type { StreamEvent } from "../../src/connection/stream.ts";

export const AT = "2026-01-02T03:04:05.678Z";
export const ANN: User = { id: 1, username: "ann", display_name: "Ann" };
export const BOB: User = { id: 2, username: "bob", display_name: "Bob" };

export const LOBBY: Room = {
  slug: "lobby",
  title: "Lobby",
  topic: "",
  is_private: false,
  is_closed: false,
  is_member: true,
  created_at: AT,
};

export function message(id: number, change: Partial<Message> = {}): Message {
  return { id, room: "lobby", author: BOB, body: `message ${id}`, created_at: AT, edited_at: null, ...change };
}

export function notification(id: number, change: Partial<Notification> = {}): Notification {
  return { id, kind: "alert", title: `title ${id}`, body: "", url: "", created_at: AT, read_at: null, ...change };
}

export function event(offset: number | null, type: string, data: unknown): StreamEvent {
  return { offset, type, data };
}

export function messagePage(offset: number, results: readonly Message[], older: number | null = null): MessagePage {
  return { position: { epoch: "e", offset }, results, older };
}

export function notificationPage(
  offset: number,
  unread: number,
  results: readonly Notification[],
  older: number | null = null,
): NotificationPage {
  return { position: { epoch: "e", offset }, unread, results, older };
}
