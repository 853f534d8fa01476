/** Loads a snapshot, then follows the stream from the snapshot's position on; starts over when the position is lost. */

import { ApiError, sentence } from "../api/errors.ts";
import { Backoff } from "../connection/backoff.ts";
import type {
  CommandOptions,
  Connect,
  ConnectionStatus,
  Position,
  StreamConnection,
  StreamEvent,
} from "../connection/stream.ts";
import { Timer } from "../connection/timer.ts";

/** What a follower needs from its user, and tells it. */
export interface Following {
  readonly stream: string;
  /** Load a snapshot, take it over, and return its position. */
  load(): Promise<Position>;
  event(event: StreamEvent): void;
  status(status: ConnectionStatus): void;
}

export class Follower {
  readonly #following: Following;
  readonly #connection: StreamConnection;
  readonly #backoff = new Backoff();
  readonly #retryTimer = new Timer();
  #stopped = false;

  constructor(following: Following, connect: Connect) {
    this.#following = following;
    this.#connection = connect({
      event: (event) => following.event(event),
      status: (status) => {
        if (status.kind === "live") this.#backoff.reset();
        following.status(status);
      },
      // A stream that is lost again and again must not turn into a storm of requests.
      lost: () => this.#loadAfter(this.#backoff.next()),
    });
  }

  start(): void {
    void this.#load();
  }

  command(name: string, data: object, options?: CommandOptions): Promise<unknown> {
    return this.#connection.command(name, data, options);
  }

  /** Do not wait for the next attempt. */
  retryNow(): void {
    if (this.#retryTimer.running) void this.#load();
    else this.#connection.retryNow();
  }

  stop(): void {
    this.#stopped = true;
    this.#retryTimer.stop();
    this.#connection.close();
  }

  async #load(): Promise<void> {
    this.#retryTimer.stop();
    this.#following.status({ kind: "connecting" });
    try {
      const position = await this.#following.load();
      if (!this.#stopped) this.#connection.open(this.#following.stream, position);
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (error instanceof ApiError && !error.temporary) {
      this.#following.status({ kind: "closed", code: error.code, reason: sentence(error) });
      return;
    }
    const pause = this.#backoff.next();
    this.#loadAfter(pause);
    this.#following.status({ kind: "waiting", retryAt: Date.now() + pause, offline: !navigator.onLine });
  }

  #loadAfter(pause: number): void {
    if (!this.#stopped) this.#retryTimer.start(pause, () => void this.#load());
  }
}
