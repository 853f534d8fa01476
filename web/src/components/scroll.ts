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

  /**
   * Take over where the reader has scrolled to.
   *
   * Only a way up leaves the end: content that grows below the reader by itself moves nobody.
   */
  scrolled(element: HTMLElement): void {
    const { scrollTop } = element;
    if (element.scrollHeight - scrollTop - element.clientHeight < NEAR) this.#atEnd = true;
    else if (scrollTop < this.#top) this.#atEnd = false;
    this.#top = scrollTop;
  }

  /** Remember the place, before the content changes. */
  before(element: HTMLElement): void {
    // The scroll event comes a frame after the scrolling: what is drawn between must not undo it.
    this.scrolled(element);
    this.#height = element.scrollHeight;
  }

  /** Restore the place, after the content has changed. `grewAbove` says that content came above it. */
  after(element: HTMLElement, grewAbove: boolean): void {
    if (this.#atEnd) element.scrollTop = element.scrollHeight;
    else if (grewAbove) element.scrollTop = this.#top + element.scrollHeight - this.#height;
    this.#top = element.scrollTop;
  }

  /** Be at the end from the next change on. */
  follow(): void {
    this.#atEnd = true;
  }
}
