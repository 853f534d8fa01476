/** A reader's position in a stream, and what it says about each event: new, seen before, or one is missing. */

import type { Position } from "../connection/stream.ts";

export type Verdict = "deliver" | "duplicate" | "gap";

export class Cursor {
  #position: Position;

  constructor(position: Position) {
    this.#position = position;
  }

  /** Return whether everything up to a position is behind this one. */
  covers(position: Position): boolean {
    return covers(this.#position, position);
  }

  /** Judge an event by its offset (null: ephemeral), and step forward when it is the next one. */
  accept(offset: number | null): Verdict {
    if (offset === null) return "deliver";
    if (offset <= this.#position.offset) return "duplicate";
    if (offset > this.#position.offset + 1) return "gap";
    this.#position = { ...this.#position, offset };
    return "deliver";
  }

  /** Return the place of an offset in the same stream. */
  at(offset: number): Position {
    return { ...this.#position, offset };
  }
}

/** Return whether one position has everything up to another one behind it. */
export function covers(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset >= other.offset;
}
