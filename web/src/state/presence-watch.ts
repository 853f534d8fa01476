/** Asks who is in a room: after each connect, and now and then, since single events may be lost. */

import { CommandRefused } from "../connection/errors.ts";
import type { StreamStatus } from "../connection/stream.ts";
import { Timer } from "../connection/timer.ts";
import type { PresenceAnswer } from "./presence.ts";

/** How long an answer is followed by events before it is asked for again; half more or less, so that not all ask at once. */
export const REFRESH_MS = 60_000;
/**
 * How long after a connect it is asked once more: an answer may be half a second old, and what was told in that time,
 * one's own coming perhaps, was told before one heard it.
 */
export const SETTLE_MS = 2_000;
/** How long to wait where the hub does not know it just now. */
export const RETRY_MS = 3_000;

export class PresenceWatch {
  readonly #ask: () => Promise<PresenceAnswer>;
  readonly #tell: (answer: PresenceAnswer | null) => void;
  readonly #timer = new Timer();
  #live: object | null = null;

  /** `ask` asks the hub; `tell` hears the answer, or null while it is not known. */
  constructor(ask: () => Promise<PresenceAnswer>, tell: (answer: PresenceAnswer | null) => void) {
    this.#ask = ask;
    this.#tell = tell;
  }

  status(status: StreamStatus): void {
    if (status.kind === "live") {
      this.#live = {};
      void this.#refresh(this.#live, SETTLE_MS);
    } else this.stop();
  }

  stop(): void {
    this.#timer.stop();
    if (this.#live === null) return;
    this.#live = null;
    this.#tell(null);
  }

  async #refresh(live: object, next: number = REFRESH_MS): Promise<void> {
    try {
      const answer = await this.#ask();
      if (live !== this.#live) return;
      this.#tell(answer);
      this.#timer.start(next * (0.5 + Math.random()), () => void this.#refresh(live));
    } catch (error) {
      if (live !== this.#live) return;
      this.#tell(null);
      // A hub that has no presence, or does not show it, will not tomorrow either.
      if (error instanceof CommandRefused && !error.temporary) return;
      this.#timer.start(RETRY_MS, () => void this.#refresh(live));
    }
  }
}
