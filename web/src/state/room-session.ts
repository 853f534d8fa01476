/** An open room: its state, kept up to date, and what its reader can do in it. */

import { sentence } from "../api/errors.ts";
import type { HubApi } from "../api/hub-api.ts";
import type { Message } from "../api/types.ts";
import type { Connection, Position, StreamStatus } from "../connection/stream.ts";
import { Timer } from "../connection/timer.ts";
import { Follower } from "./follower.ts";
import { newKey } from "./key.ts";
import { Observable } from "./observable.ts";
import type { PresenceAnswer } from "./presence.ts";
import { PresenceWatch } from "./presence-watch.ts";
import { EMPTY_ROOM, reduceRoom, type RoomAction, type RoomState } from "./room.ts";

/** Everything that the room's view shows. */
export interface RoomView extends RoomState {
  readonly slug: string;
  readonly status: StreamStatus;
  readonly loadingOlder: boolean;
  /** Why older messages could not be loaded. */
  readonly olderProblem: string | null;
}

/** How often a typing user tells so. */
const TYPING_EVERY_MS = 3_000;

export class RoomSession {
  readonly view: Observable<RoomView>;
  readonly #api: HubApi;
  readonly #me: number;
  readonly #follower: Follower;
  readonly #presence: PresenceWatch;
  readonly #typingTimer = new Timer();
  #typingToldAt = 0;
  #snapshot: object | null = null;

  constructor(slug: string, me: number, api: HubApi, connection: Connection) {
    this.#api = api;
    this.#me = me;
    this.view = new Observable<RoomView>({
      ...EMPTY_ROOM,
      slug,
      status: { kind: "connecting" },
      loadingOlder: false,
      olderProblem: null,
    });
    this.#follower = new Follower(
      {
        stream: `chat:${slug}`,
        load: () => this.#load(),
        event: (event) => {
          this.#dispatch({ kind: "event", event, me: this.#me, now: Date.now() });
          this.#watchTyping();
        },
        status: (status) => {
          this.#show({ status });
          this.#presence.status(status);
        },
      },
      connection,
    );
    this.#presence = new PresenceWatch(
      async () => (await this.#follower.command("presence", {})) as PresenceAnswer,
      (answer) => this.#dispatch({ kind: "presence", answer }),
    );
    this.#follower.start();
  }

  get slug(): string {
    return this.view.value.slug;
  }

  /** Write a message. It is shown at once and sent as soon as there is a connection. */
  post(body: string): void {
    this.#send(newKey(), body);
  }

  /** Try once more to send a message that the hub would not take. */
  repost(key: string): void {
    const outgoing = this.view.value.outgoing.find((one) => one.key === key);
    if (outgoing) this.#send(key, outgoing.body);
  }

  discard(key: string): void {
    this.#dispatch({ kind: "discarded", key });
  }

  /** Tell the others that the user is typing; not more often than needed, and not when it cannot be told now. */
  typing(): void {
    const now = Date.now();
    if (this.view.value.status.kind !== "live" || now - this.#typingToldAt < TYPING_EVERY_MS) return;
    this.#typingToldAt = now;
    // Nobody misses a typing sign that was lost.
    this.#follower.command("typing", {}).catch(() => undefined);
  }

  async loadOlder(): Promise<void> {
    const { older, loadingOlder } = this.view.value;
    if (older === null || loadingOlder) return;
    const snapshot = this.#snapshot;
    this.#show({ loadingOlder: true, olderProblem: null });
    try {
      const page = await this.#api.messages(this.slug, older);
      // After a fresh snapshot in between, this page may no longer join up with what is shown.
      if (snapshot === this.#snapshot) this.#dispatch({ kind: "older", page });
    } catch (error) {
      this.#show({ olderProblem: sentence(error) });
    } finally {
      this.#show({ loadingOlder: false });
    }
  }

  /** Take over what the user has done elsewhere on the page: joined or left. */
  setMembership(isMember: boolean): void {
    this.#dispatch({ kind: "membership", isMember });
  }

  retryNow(): void {
    this.#follower.retryNow();
  }

  stop(): void {
    this.#typingTimer.stop();
    this.#presence.stop();
    this.#follower.stop();
  }

  async #load(): Promise<Position> {
    const page = await this.#api.messages(this.slug);
    // Read after the position: what changed before it is in here, what changes later comes as an event.
    const room = await this.#api.room(this.slug);
    this.#dispatch({ kind: "snapshot", room, page });
    this.#snapshot = page;
    return page.position;
  }

  #send(key: string, body: string): void {
    this.#typingToldAt = 0;
    this.#dispatch({ kind: "posting", key, body, at: new Date().toISOString() });
    this.#follower.command("message.post", { body, key }, { keep: true }).then(
      (message) => this.#dispatch({ kind: "posted", key, message: message as Message }),
      (error: unknown) => this.#dispatch({ kind: "refused", key, problem: sentence(error) }),
    );
  }

  #watchTyping(): void {
    const ends = this.view.value.typing.map((typing) => typing.until);
    if (ends.length === 0) return this.#typingTimer.stop();
    this.#typingTimer.start(Math.max(0, Math.min(...ends) - Date.now()), () => {
      this.#dispatch({ kind: "clock", now: Date.now() });
      this.#watchTyping();
    });
  }

  #dispatch(action: RoomAction): void {
    const view = this.view.value;
    const state = reduceRoom(view, action);
    if (state !== view) this.view.value = { ...view, ...state };
  }

  #show(change: Partial<RoomView>): void {
    this.view.value = { ...this.view.value, ...change };
  }
}
