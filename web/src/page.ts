/** Everything behind the page: the address, the rooms, the open room and the inbox. Components show it. */

import { ApiClient } from "./api/client.ts";
import { HubApi } from "./api/hub-api.ts";
import type { User } from "./api/types.ts";
import { HubConnection } from "./connection/hub-connection.ts";
import type { StreamStatus } from "./connection/stream.ts";
import type { Route } from "./routing/route.ts";
import { Router } from "./routing/router.ts";
import { isGone, nextHealth, type Health } from "./state/health.ts";
import { InboxSession } from "./state/inbox-session.ts";
import { Observable } from "./state/observable.ts";
import { OpenRooms } from "./state/open-rooms.ts";
import { RoomList } from "./state/room-list.ts";
import { RoomSession } from "./state/room-session.ts";

/** A list of rooms older than this is loaded again when somebody comes back to the page. */
const ROOMS_FRESH_MS = 30_000;

export class Page {
  readonly user: User;
  readonly api: HubApi;
  readonly router = new Router();
  readonly rooms: RoomList;
  readonly openRooms: OpenRooms;
  readonly inbox: InboxSession;
  readonly room = new Observable<RoomSession | null>(null);
  readonly health = new Observable<Health>({ kind: "starting" });
  readonly #connection: HubConnection;
  #roomsLoadedAt = 0;
  #roomStatus: StreamStatus | null = null;
  #unwatchRoom = (): void => undefined;

  /** `loginUrl` is where a user goes who is no longer logged in. */
  constructor(user: User, loginUrl: string) {
    this.user = user;
    this.api = new HubApi(new ApiClient(() => goToLogin(loginUrl)));
    this.#connection = new HubConnection(() => this.api.me());
    this.rooms = new RoomList(this.api);
    this.openRooms = new OpenRooms((slug) => new RoomSession(slug, user.id, this.api, this.#connection));
    this.inbox = new InboxSession(user.id, this.api, this.#connection);
    this.inbox.view.watch(() => this.#checkHealth());
    this.router.route.watch(() => this.#followRoute());
    this.#followRoute();
    this.#watchBrowser();
  }

  /** Load the rooms. Where none is open and `openFirst` says so, the first one of the user's own is opened. */
  async start(openFirst: boolean): Promise<void> {
    await this.#loadRooms();
    const rooms = this.rooms.view.value.rooms ?? [];
    const first = rooms.find((room) => room.is_member && !room.is_closed) ?? rooms[0];
    const { route } = this.router;
    if (openFirst && first && route.value.room === null) this.router.replace({ ...route.value, room: first.slug });
  }

  /** Go somewhere on this page; what is not named stays. */
  go(change: Partial<Route>): void {
    this.router.go({ ...this.router.route.value, ...change });
  }

  /** Do not wait for the next attempt to connect, or to load what is shown. */
  retryNow(): void {
    this.#connection.retryNow();
    this.room.value?.retryNow();
    this.inbox.retryNow();
  }

  async #loadRooms(): Promise<void> {
    this.#roomsLoadedAt = Date.now();
    await this.rooms.load();
  }

  #followRoute(): void {
    const session = this.openRooms.select(this.router.route.value.room);
    if (session === this.room.value) return;
    this.#unwatchRoom();
    this.#unwatchRoom = session?.view.watch(() => this.#roomChanged(session)) ?? ((): void => undefined);
    this.room.value = session;
    this.#checkHealth();
  }

  #roomChanged(session: RoomSession): void {
    const { room, deleted, slug, status } = session.view.value;
    if (deleted) this.rooms.remove(slug);
    else if (room && status.kind !== "closed") this.rooms.update(room);
    // Whether the room can still be read is the hub's to say.
    if (status.kind === "closed" && status !== this.#roomStatus) void this.#loadRooms();
    this.#roomStatus = status;
    this.#checkHealth();
  }

  #checkHealth(): void {
    const statuses = [this.inbox.view.value.status];
    if (this.room.value) statuses.push(this.room.value.view.value.status);
    const health = nextHealth(this.health.value, statuses);
    // Rooms have no stream of their own: what changed while nothing came through is asked for.
    if (health.kind === "restored" && isGone(this.health.value)) void this.#loadRooms();
    this.health.value = health;
  }

  #watchBrowser(): void {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.#roomsLoadedAt > ROOMS_FRESH_MS) void this.#loadRooms();
    });
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("beforeunload", (event) => {
      if (this.openRooms.hasUnsent) event.preventDefault();
    });
  }
}

function goToLogin(loginUrl: string): void {
  const here = location.pathname + location.search;
  location.assign(`${loginUrl}?next=${encodeURIComponent(here)}`);
}
