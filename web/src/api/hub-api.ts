/** The resources of the REST API that the page uses, by name. */

import type { Position } from "../connection/stream.ts";
import type { ApiClient } from "./client.ts";
import type { Message, Notification, Room, User } from "./types.ts";

export interface MessagePage {
  readonly position: Position;
  /** Oldest first. */
  readonly results: readonly Message[];
  /** What to pass as `before` for the page before this one; null when there is none. */
  readonly older: number | null;
}

export interface NotificationPage {
  readonly position: Position;
  readonly unread: number;
  /** Newest first. */
  readonly results: readonly Notification[];
  readonly older: number | null;
}

export interface NewRoom {
  readonly slug: string;
  readonly title: string;
  readonly topic: string;
  readonly is_private: boolean;
}

export interface Member {
  readonly user: User;
  readonly role: string;
}

interface Page<T> {
  readonly results: readonly T[];
  readonly next: string | null;
}

/** More rooms than this many pages hold are found by the hub's search, not in a list. */
const MAX_PAGES = 20;
const PAGE_SIZE = 50;

export class HubApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  me(): Promise<User> {
    return this.#client.get("me/");
  }

  rooms(): Promise<Room[]> {
    return this.#all<Room>("rooms/");
  }

  room(slug: string): Promise<Room> {
    return this.#client.get(roomPath(slug));
  }

  createRoom(room: NewRoom): Promise<Room> {
    return this.#client.post("rooms/", room);
  }

  joinRoom(slug: string): Promise<Room> {
    return this.#client.post(`${roomPath(slug)}join/`);
  }

  leaveRoom(slug: string): Promise<void> {
    return this.#client.post(`${roomPath(slug)}leave/`);
  }

  async members(slug: string): Promise<readonly Member[]> {
    const answer = await this.#client.get<{ results: Member[] }>(`${roomPath(slug)}members/`);
    return answer.results;
  }

  addMember(slug: string, username: string): Promise<Member> {
    return this.#client.post(`${roomPath(slug)}members/`, { username });
  }

  /** Get the latest messages of a room, or those before a message. */
  messages(slug: string, before?: number): Promise<MessagePage> {
    return this.#client.get(`${roomPath(slug)}messages/?${pageQuery(before)}`);
  }

  /** Get the latest notifications, or those before one. */
  notifications(before?: number): Promise<NotificationPage> {
    return this.#client.get(`notifications/?${pageQuery(before)}`);
  }

  async #all<T>(path: string): Promise<T[]> {
    const found: T[] = [];
    let next: string | null = path;
    for (let page = 0; next !== null && page < MAX_PAGES; page += 1) {
      const answer: Page<T> = await this.#client.get<Page<T>>(next);
      found.push(...answer.results);
      next = answer.next;
    }
    return found;
  }
}

function roomPath(slug: string): string {
  return `rooms/${encodeURIComponent(slug)}/`;
}

function pageQuery(before?: number): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (before !== undefined) query.set("before", String(before));
  return query.toString();
}
