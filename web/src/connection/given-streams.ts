/** Streams to which the hub subscribes its users by itself, with the connection: everybody's inbox. */

import type { Centrifuge } from "centrifuge";
import { closeReason } from "./codes.ts";
import { streamEvent } from "./publication.ts";
import type { Position, StreamListener } from "./stream.ts";

const SERVER_UNSUBSCRIBE = 2000;

/** Return whether a stream is not to be asked for. */
export function isGiven(stream: string): boolean {
  return stream.startsWith("inbox#");
}

export class GivenStreams {
  /** Where each stream stands that is given now: they come whether or not somebody listens yet. */
  readonly #positions = new Map<string, Position>();
  readonly #listeners = new Map<string, StreamListener>();

  constructor(client: Centrifuge) {
    client.on("subscribed", ({ channel, streamPosition, recovered }) => {
      if (!streamPosition) return;
      this.#positions.set(channel, streamPosition);
      this.#listeners.get(channel)?.joined(streamPosition, recovered);
    });
    client.on("publication", (publication) => {
      this.#step(publication.channel, publication.offset);
      this.#listeners.get(publication.channel)?.event(streamEvent(publication));
    });
    client.on("subscribing", ({ channel }) => this.#positions.delete(channel));
    client.on("unsubscribed", ({ channel }) => {
      this.#positions.delete(channel);
      this.#listeners.get(channel)?.status({ kind: "closed", reason: closeReason(SERVER_UNSUBSCRIBE) });
    });
  }

  /** Listen to a stream. Returns the function that ends it. */
  read(stream: string, listener: StreamListener): () => void {
    this.#listeners.set(stream, listener);
    const position = this.#positions.get(stream);
    if (position) listener.joined(position, false);
    return () => this.#listeners.delete(stream);
  }

  #step(stream: string, offset: number | undefined): void {
    const position = this.#positions.get(stream);
    if (position && offset !== undefined) this.#positions.set(stream, { ...position, offset });
  }
}
