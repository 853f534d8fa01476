/** A timer that can be started again: the earlier start is forgotten. */

export class Timer {
  #handle: ReturnType<typeof setTimeout> | null = null;

  get running(): boolean {
    return this.#handle !== null;
  }

  /** Call `action` once, after `delay` milliseconds. */
  start(delay: number, action: () => void): void {
    this.stop();
    this.#handle = setTimeout(() => {
      this.#handle = null;
      action();
    }, delay);
  }

  stop(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
  }
}
