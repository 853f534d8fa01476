/** How long to wait before asking for a snapshot again: exponential, with full jitter. */

const BASE_MS = 500;
const LIMIT_MS = 20_000;

export class Backoff {
  #failures = 0;
  readonly #random: () => number;

  /** `random` returns a number from 0 to 1, so that many who were dropped together do not come back together. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Return the pause after one more failure, in milliseconds: up to 0.5 s at first, up to 20 s in the end. */
  next(): number {
    const longest = Math.min(LIMIT_MS, BASE_MS * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return longest * this.#random();
  }

  /** Forget the failures: all is well again. */
  reset(): void {
    this.#failures = 0;
  }
}
