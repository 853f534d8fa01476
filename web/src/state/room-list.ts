/** The rooms that the user may read. */

import { sentence } from "../api/errors.ts";
import type { HubApi, NewRoom } from "../api/hub-api.ts";
import type { Room } from "../api/types.ts";
import { Observable } from "./observable.ts";

export interface RoomListView {
  /** By title, closed ones last; null until they are loaded. */
  readonly rooms: readonly Room[] | null;
  /** Why the rooms could not be loaded. */
  readonly problem: string | null;
}

export class RoomList {
  readonly view = new Observable<RoomListView>({ rooms: null, problem: null });
  readonly #api: HubApi;

  constructor(api: HubApi) {
    this.#api = api;
  }

  /** Load the rooms, or load them again. A failure is shown where none are shown yet. */
  async load(): Promise<void> {
    try {
      this.view.value = { rooms: sorted(await this.#api.rooms()), problem: null };
    } catch (error) {
      this.view.value = { ...this.view.value, problem: sentence(error) };
    }
  }

  /** Make a room, whose owner the user becomes. Throws a `RequestError`. */
  async create(room: NewRoom): Promise<Room> {
    return this.#put(await this.#api.createRoom(room));
  }

  /** Become a member. Throws a `RequestError`. */
  async join(slug: string): Promise<Room> {
    return this.#put(await this.#api.joinRoom(slug));
  }

  /** Be a member no longer; a private room is gone with that. Throws a `RequestError`. */
  async leave(room: Room): Promise<void> {
    await this.#api.leaveRoom(room.slug);
    if (room.is_private) this.remove(room.slug);
    else this.#put({ ...room, is_member: false });
  }

  /** Take over what an open room has told of itself. */
  update(room: Room): void {
    const known = this.view.value.rooms?.find((one) => one.slug === room.slug);
    if (this.view.value.rooms && !(known && sameRoom(known, room))) this.#put(room);
  }

  remove(slug: string): void {
    const { rooms } = this.view.value;
    this.view.value = { ...this.view.value, rooms: rooms?.filter((room) => room.slug !== slug) ?? null };
  }

  #put(room: Room): Room {
    const others = (this.view.value.rooms ?? []).filter((one) => one.slug !== room.slug);
    this.view.value = { rooms: sorted([...others, room]), problem: null };
    return room;
  }
}

function sorted(rooms: readonly Room[]): Room[] {
  return [...rooms].sort(
    (one, other) =>
      Number(one.is_closed) - Number(other.is_closed) ||
      one.title.localeCompare(other.title) ||
      one.slug.localeCompare(other.slug),
  );
}

function sameRoom(one: Room, other: Room): boolean {
  return Object.entries(other).every(([name, value]) => one[name as keyof Room] === value);
}
