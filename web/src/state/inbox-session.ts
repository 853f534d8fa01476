/** The user's inbox: its state, kept up to date, and what its reader can do in it. */

import { sentence } from "../api/errors.ts";
import type { HubApi } from "../api/hub-api.ts";
import type { Connection, Position, StreamStatus } from "../connection/stream.ts";
import { Follower } from "./follower.ts";
import { EMPTY_INBOX, reduceInbox, type InboxAction, type InboxState } from "./inbox.ts";
import { Observable } from "./observable.ts";

/** Everything that the inbox panel shows. */
export interface InboxView extends InboxState {
  readonly status: StreamStatus;
  readonly loadingOlder: boolean;
  /** Notifications that are being marked as read. */
  readonly marking: ReadonlySet<number>;
  readonly markingAll: boolean;
  /** Why the last thing that the reader did had no effect. */
  readonly problem: string | null;
}

export class InboxSession {
  readonly view = new Observable<InboxView>({
    ...EMPTY_INBOX,
    status: { kind: "connecting" },
    loadingOlder: false,
    marking: new Set(),
    markingAll: false,
    problem: null,
  });
  readonly #api: HubApi;
  readonly #follower: Follower;
  #snapshot: object | null = null;

  constructor(me: number, api: HubApi, connection: Connection) {
    this.#api = api;
    this.#follower = new Follower(
      {
        stream: `inbox#${me}`,
        load: () => this.#load(),
        event: (event) => this.#dispatch({ kind: "event", event }),
        status: (status) => this.#show({ status }),
      },
      connection,
    );
    this.#follower.start();
  }

  /** Mark a notification as read. Without a connection it waits for one. */
  async markRead(id: number): Promise<void> {
    if (this.view.value.marking.has(id)) return;
    this.#show({ marking: new Set([...this.view.value.marking, id]) });
    await this.#command("notification.read", { id });
    this.#show({ marking: new Set([...this.view.value.marking].filter((one) => one !== id)) });
  }

  /** Mark everything as read. Without a connection it waits for one. */
  async markAllRead(): Promise<void> {
    if (this.view.value.markingAll) return;
    this.#show({ markingAll: true });
    await this.#command("notification.read_all", {});
    this.#show({ markingAll: false });
  }

  async loadOlder(): Promise<void> {
    const { older, loadingOlder } = this.view.value;
    if (older === null || loadingOlder) return;
    const snapshot = this.#snapshot;
    this.#show({ loadingOlder: true, problem: null });
    try {
      const page = await this.#api.notifications(older);
      // After a fresh snapshot in between, this page may no longer join up with what is shown.
      if (snapshot === this.#snapshot) this.#dispatch({ kind: "older", page });
    } catch (error) {
      this.#show({ problem: sentence(error) });
    } finally {
      this.#show({ loadingOlder: false });
    }
  }

  retryNow(): void {
    this.#follower.retryNow();
  }

  stop(): void {
    this.#follower.stop();
  }

  async #load(): Promise<Position> {
    const page = await this.#api.notifications();
    this.#dispatch({ kind: "snapshot", page });
    this.#snapshot = page;
    return page.position;
  }

  async #command(name: string, data: object): Promise<void> {
    this.#show({ problem: null });
    try {
      await this.#follower.command(name, data, { keep: true });
    } catch (error) {
      this.#show({ problem: sentence(error) });
    }
  }

  #dispatch(action: InboxAction): void {
    const view = this.view.value;
    const state = reduceInbox(view, action);
    if (state !== view) this.view.value = { ...view, ...state };
  }

  #show(change: Partial<InboxView>): void {
    this.view.value = { ...this.view.value, ...change };
  }
}
