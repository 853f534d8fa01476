/** Where a reader stands in a list that grows at both ends. */

/** Closer to the end than this counts as being there, in pixels. */
const NEAR = 48;

/** Keeps the reader's place in a scrolled element. */
export class ScrollKeeper {
  #atEnd = true;
  #height = 0;
  #top = 0;

  /** Whether the reader is at the end, and wants to see what comes. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Take over where the reader has scrolled to. */
  scrolled(element: HTMLElement): void {
    this.#atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
  }

  /** Remember the place, before the content changes. */
  before(element: HTMLElement): void {
    this.#height = element.scrollHeight;
    this.#top = element.scrollTop;
  }

  /** Restore the place, after the content has changed. `grewAbove` says that content came above it. */
  after(element: HTMLElement, grewAbove: boolean): void {
    if (this.#atEnd) element.scrollTop = element.scrollHeight;
    else if (grewAbove) element.scrollTop = this.#top + element.scrollHeight - this.#height;
  }

  /** Be at the end from the next change on. */
  follow(): void {
    this.#atEnd = true;
  }
}
