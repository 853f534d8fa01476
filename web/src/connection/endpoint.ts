/** The addresses of the plain WebSocket endpoints. */

import type { Position } from "./stream.ts";

/**
 * Return the address from which a stream is read, starting after a position.
 *
 * `page` is the address of the page, whose host and protocol are taken over.
 * Throws an error for a stream that has no endpoint.
 */
export function endpoint(page: string, stream: string, position: Position): string {
  const url = new URL(path(stream), page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("since", String(position.offset));
  url.searchParams.set("epoch", position.epoch);
  return url.href;
}

function path(stream: string): string {
  if (stream.startsWith("chat:")) return `/ws/chat/${encodeURIComponent(stream.slice("chat:".length))}/`;
  // Everybody has one inbox, and the server knows whose it is.
  if (stream.startsWith("inbox#")) return "/ws/notifications/";
  throw new Error(`expected a stream named "chat:<room>" or "inbox#<user>", got "${stream}"`);
}
