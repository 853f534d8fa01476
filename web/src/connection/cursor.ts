/** A reader's position in a stream, and what it says about each event: new, seen before, or one is missing. */

import type { Position } from "./stream.ts";

export type Verdict = "deliver" | "duplicate" | "gap";

/** The first message of a connection, as far as it concerns the position. */
export interface Hello {
  readonly epoch: string;
  /** The position from which events follow. */
  readonly offset: number;
  /** False when the position asked for is beyond what is kept. */
  readonly recovered: boolean;
}

export class Cursor {
  #position: Position;

  constructor(position: Position) {
    this.#position = position;
  }

  get position(): Position {
    return this.#position;
  }

  /** Return whether the connection goes on from this position. If not, only a fresh snapshot helps. */
  resumes(hello: Hello): boolean {
    const { epoch, offset } = this.#position;
    return hello.recovered && hello.epoch === epoch && hello.offset <= offset;
  }

  /** Judge an event by its offset (null: ephemeral), and step forward when it is the next one. */
  accept(offset: number | null): Verdict {
    if (offset === null) return "deliver";
    if (offset <= this.#position.offset) return "duplicate";
    if (offset > this.#position.offset + 1) return "gap";
    this.#position = { ...this.#position, offset };
    return "deliver";
  }
}
