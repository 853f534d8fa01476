/** Loads a snapshot, then follows the stream from the snapshot's position on; loads a fresh one when events are missing. */

import { ApiError, sentence } from "../api/errors.ts";
import type { CommandOptions, Connection, Position, StreamEvent, StreamStatus } from "../connection/stream.ts";
import { Timer } from "../connection/timer.ts";
import { Backoff } from "./backoff.ts";
import { covers, Cursor } from "./cursor.ts";

/** Events that are held back while a snapshot is loaded; when there are more, they have to be in the snapshot. */
export const MAX_EARLY = 1_000;

/** What a follower needs from its user, and tells it. */
export interface Following {
  readonly stream: string;
  /** Load a snapshot, take it over, and return its position. */
  load(): Promise<Position>;
  /** An event after the snapshot, each exactly once and in order. */
  event(event: StreamEvent): void;
  status(status: StreamStatus): void;
}

export class Follower {
  readonly #following: Following;
  readonly #connection: Connection;
  readonly #backoff = new Backoff();
  readonly #retryTimer = new Timer();
  /** Null while a snapshot is needed. */
  #cursor: Cursor | null = null;
  /** What the snapshot has to cover, since no event will tell. */
  #needed: Position | null = null;
  #early: StreamEvent[] = [];
  #loading = false;
  #joined = false;
  #reading = false;
  #stopped = false;
  #end = (): void => undefined;

  constructor(following: Following, connection: Connection) {
    this.#following = following;
    this.#connection = connection;
  }

  start(): void {
    this.#following.status({ kind: "connecting" });
    this.#load();
  }

  command(name: string, data: object, options?: CommandOptions): Promise<unknown> {
    return this.#connection.command(this.#following.stream, name, data, options);
  }

  /** Do not wait for the next attempt to load the snapshot. */
  retryNow(): void {
    if (this.#retryTimer.running) this.#load();
  }

  stop(): void {
    this.#stopped = true;
    this.#retryTimer.stop();
    this.#end();
  }

  #load(): void {
    this.#retryTimer.stop();
    this.#loading = true;
    this.#following.load().then(
      (position) => this.#settle(() => this.#loaded(position)),
      (error: unknown) => this.#settle(() => this.#failed(error)),
    );
  }

  #settle(outcome: () => void): void {
    this.#loading = false;
    if (!this.#stopped) outcome();
  }

  #loaded(position: Position): void {
    if (this.#needed && !covers(position, this.#needed)) return this.#loadLater();
    this.#needed = null;
    this.#cursor = new Cursor(position);
    const early = this.#early.splice(0);
    for (const event of early) this.#event(event);
    if (this.#reading) this.#caughtUp();
    else this.#read(position);
  }

  #read(position: Position): void {
    this.#reading = true;
    this.#end = this.#connection.read(this.#following.stream, position, {
      joined: (start, resumed) => this.#join(start, resumed),
      event: (event) => this.#event(event),
      status: (status) => {
        this.#joined = false;
        if (status.kind === "closed") this.#retryTimer.stop();
        this.#following.status(status);
      },
    });
  }

  #join(start: Position, resumed: boolean): void {
    this.#joined = true;
    if (resumed || this.#cursor?.covers(start)) this.#caughtUp();
    else this.#lose(start);
  }

  #event(event: StreamEvent): void {
    if (this.#cursor === null) return this.#holdBack(event);
    const verdict = this.#cursor.accept(event.offset);
    if (verdict === "deliver") this.#following.event(event);
    if (verdict === "gap" && event.offset !== null) this.#lose(this.#cursor.at(event.offset));
  }

  #holdBack(event: StreamEvent): void {
    this.#early.push(event);
    if (this.#early.length <= MAX_EARLY) return;
    const last = this.#early.splice(0).findLast((one) => one.offset !== null)?.offset ?? null;
    if (this.#needed && last !== null) this.#needed = { ...this.#needed, offset: last };
  }

  #caughtUp(): void {
    if (!this.#joined || this.#cursor === null) return;
    this.#backoff.reset();
    this.#following.status({ kind: "live" });
  }

  /** Events up to a position will not come. */
  #lose(needed: Position): void {
    this.#needed = needed;
    this.#cursor = null;
    this.#early = [];
    this.#following.status({ kind: "connecting" });
    // One that is on its way is looked at when it is there.
    if (!this.#loading) this.#loadLater();
  }

  #failed(error: unknown): void {
    if (error instanceof ApiError && !error.temporary) {
      this.#end();
      this.#following.status({ kind: "closed", reason: sentence(error) });
      return;
    }
    this.#loadLater();
    this.#following.status({ kind: "waiting", offline: !navigator.onLine });
  }

  /** A stream that is lost again and again must not turn into a storm of requests. */
  #loadLater(): void {
    this.#retryTimer.start(this.#backoff.next(), () => this.#load());
  }
}
