/**
 * The latest events of a stream, kept for a page of older rows that was asked for while they came.
 *
 * Such a page was read by the server at a position of its own. Where that is behind ours, events in between have
 * been applied here when the page's rows were not there yet, and are applied to them once more.
 */

import type { Position, StreamEvent } from "../connection/stream.ts";

const KEPT = 500;

/** Return the events with one more; the oldest is let go when there are many. */
export function remember(recent: readonly StreamEvent[], event: StreamEvent): readonly StreamEvent[] {
  return [...recent, event].slice(-KEPT);
}

/** Return the events after a position. */
export function after(recent: readonly StreamEvent[], position: Position): readonly StreamEvent[] {
  return recent.filter((event) => event.offset !== null && event.offset > position.offset);
}

/** Return whether an event is covered by the position already; an ephemeral one never is. */
export function isStale(event: StreamEvent, position: Position | null): boolean {
  return event.offset !== null && (position === null || event.offset <= position.offset);
}

/** Return the position after an event. */
export function step(position: Position | null, event: StreamEvent): Position | null {
  return position !== null && event.offset !== null ? { ...position, offset: event.offset } : position;
}
