/** Commands on their way: which may be sent now, which wait for an answer, which have waited too long. */

import { CommandError, CommandRefused, CommandTimeout, ConnectionDropped } from "./errors.ts";
import { writeCommand, type WireError } from "./frames.ts";
import type { CommandOptions } from "./stream.ts";

export const COMMAND_TIMEOUT_MS = 5_000;
/** A kept command that the hub has left unanswered this often is given up, or it would hold up all that follow. */
export const MAX_TIMEOUTS = 3;

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly data: object;
  readonly keep: boolean;
  sent: boolean;
  /** Milliseconds; null for a kept command that is not on its way. */
  deadline: number | null;
  timeouts: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CommandError) => void;
}

/** Holds no timer and no socket: its user passes the time in, sends the frames, and says what came of it. */
export class Commands {
  #entries: Entry[] = [];
  #count = 0;

  /** Take a command in. The promise settles when it is answered or given up. */
  submit(name: string, data: object, options: CommandOptions, now: number): Promise<unknown> {
    const keep = options.keep ?? false;
    this.#count += 1;
    const id = `c${this.#count}`;
    return new Promise((resolve, reject) => {
      const deadline = keep ? null : now + COMMAND_TIMEOUT_MS;
      this.#entries.push({ id, name, data, keep, sent: false, deadline, timeouts: 0, resolve, reject });
    });
  }

  /** Return the frames to send now. Of kept commands one is on its way at a time, so that their order holds. */
  takeFrames(now: number): string[] {
    let keptOnWay = this.#entries.some((entry) => entry.keep && entry.sent);
    const frames: string[] = [];
    for (const entry of this.#entries) {
      if (entry.sent || (entry.keep && keptOnWay)) continue;
      if (entry.keep) {
        keptOnWay = true;
        entry.deadline = now + COMMAND_TIMEOUT_MS;
      }
      entry.sent = true;
      frames.push(writeCommand(entry.id, entry.name, entry.data));
    }
    return frames;
  }

  resolve(id: string, result: unknown): void {
    this.#take(id)?.resolve(result);
  }

  refuse(id: string, error: WireError): void {
    this.#take(id)?.reject(new CommandRefused(error.code, error.message, error.temporary));
  }

  /** The connection was lost: kept commands wait to be sent again, the others on their way are given up. */
  dropped(): void {
    for (const entry of this.#entries.filter((entry) => entry.sent)) {
      if (entry.keep) {
        entry.sent = false;
        entry.deadline = null;
      } else {
        this.#take(entry.id)?.reject(new ConnectionDropped());
      }
    }
  }

  /** Give up what waited too long. Returns true when a kept command did: the connection is dead, or as good as. */
  expire(now: number): boolean {
    const late = this.#entries.filter((entry) => entry.deadline !== null && entry.deadline <= now);
    for (const entry of late) {
      entry.timeouts += 1;
      if (!entry.keep || entry.timeouts >= MAX_TIMEOUTS) this.#take(entry.id)?.reject(new CommandTimeout());
    }
    return late.some((entry) => entry.keep);
  }

  /** Return the time at which `expire` should be called next, in milliseconds, or null when nothing can expire. */
  nextDeadline(): number | null {
    const deadlines = this.#entries.flatMap((entry) => (entry.deadline === null ? [] : [entry.deadline]));
    return deadlines.length > 0 ? Math.min(...deadlines) : null;
  }

  /** Give everything up. */
  rejectAll(error: CommandError): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) entry.reject(error);
  }

  #take(id: string): Entry | undefined {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    this.#entries = this.#entries.filter((candidate) => candidate !== entry);
    return entry;
  }
}
