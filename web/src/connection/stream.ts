/** What the page knows of its connection to the hub: streams that it reads, and commands that it sends. */

/** A place in a stream: everything up to and including `offset` is behind it. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Something that happened in a stream. An ephemeral event (typing) has no offset and is never kept. */
export interface StreamEvent {
  readonly offset: number | null;
  /** What happened, for example `message.created`. */
  readonly type: string;
  readonly data: unknown;
}

/** Where the reading of a stream stands. */
export type StreamStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** Dropped; it comes back by itself. */
  | { readonly kind: "waiting"; readonly offline: boolean }
  /** The hub does not let the user read the stream, or not any more. */
  | { readonly kind: "closed"; readonly reason: string }
  /** The hub has ended the connection for good; nothing is read until `retryNow`. */
  | { readonly kind: "ended"; readonly reason: string };

/** What the reader of a stream is told. */
export interface StreamListener {
  /**
   * Events follow from here on.
   *
   * `resumed`: they go on where the last ones ended, or at the position that was asked for. If not, whatever is up to
   * and including `position` has to be learned from a snapshot.
   */
  joined(position: Position, resumed: boolean): void;
  /** In order; only after `joined`. */
  event(event: StreamEvent): void;
  /** Any status but `live`, which `joined` tells. */
  status(status: StreamStatus): void;
}

export interface CommandOptions {
  /**
   * Keep the command until it is answered, through all drops and two timeouts; kept commands of a stream are sent one
   * at a time and in order. For those that have the same effect when repeated: by their nature or by an idempotency key.
   */
  readonly keep?: boolean;
}

/** The one connection of the page, whatever carries it. */
export interface Connection {
  /** Read what follows a position in a stream. Returns the function that ends it. */
  read(stream: string, after: Position, listener: StreamListener): () => void;
  /**
   * Ask the hub for something that concerns a stream, and wait for its answer.
   *
   * Rejects with `CommandRefused` when the hub says no, `CommandTimeout` when it says nothing for 5 seconds (three
   * times for a `keep` command), `ConnectionDropped` when the connection was lost in between (not for a `keep`
   * command), and `ConnectionClosed` when the connection ended for good.
   */
  command(stream: string, name: string, data: object, options?: CommandOptions): Promise<unknown>;
  /** Do not wait for the next attempt to connect. */
  retryNow(): void;
}
