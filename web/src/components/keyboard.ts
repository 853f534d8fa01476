/** Moving through a list with the arrow keys. */

/** Move the focus from one item to the next, previous, first or last, as the key says. */
export function moveFocus(event: KeyboardEvent, items: readonly HTMLElement[], focused: Element | null): void {
  const index = nextIndex(
    event.key,
    items.findIndex((item) => item === focused),
    items.length,
  );
  if (index === null || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  // The page would scroll besides.
  event.preventDefault();
  items[index]?.focus();
}

/** Return the index that a key leads to, or null when it leads nowhere. `index` is -1 when none has the focus. */
export function nextIndex(key: string, index: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowDown":
      return Math.min(index + 1, count - 1);
    case "ArrowUp":
      return Math.max(index - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
