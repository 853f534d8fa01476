/** The one interface between the page and a stream of the hub, whatever carries it. */

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
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  readonly data: unknown;
}

/** Where a connection stands. */
export type ConnectionStatus =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** Dropped; the next attempt is made at `retryAt` (milliseconds since 1970), or when the network is back. */
  | { readonly kind: "waiting"; readonly retryAt: number; readonly offline: boolean }
  /** Ended for good: coming back would be refused again. */
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

/** What a connection tells its user. */
export interface StreamListener {
  /** An event after the position, each exactly once and in order. */
  event(event: StreamEvent): void;
  status(status: ConnectionStatus): void;
  /** The position cannot be resumed: load a fresh snapshot, then call `open` again with its position. */
  lost(): void;
}

export interface CommandOptions {
  /**
   * Keep the command until it is answered, through all drops and two timeouts, one at a time and in order.
   * For commands that have the same effect when repeated: by their nature or by an idempotency key.
   */
  readonly keep?: boolean;
}

/** A live connection to one stream. */
export interface StreamConnection {
  /** Connect, and give the listener what follows `position`. Called again, it goes on from the new position. */
  open(stream: string, position: Position): void;
  /**
   * Ask the server for something and wait for its answer.
   *
   * Rejects with `CommandRefused` when the server says no, `CommandTimeout` when it says nothing for 5 seconds (three
   * times for a `keep` command), `ConnectionDropped` when the connection was lost in between (not for a `keep`
   * command), and `ConnectionClosed` when the connection ended for good.
   */
  command(name: string, data: object, options?: CommandOptions): Promise<unknown>;
  /** Do not wait for the next attempt. Does nothing unless the status is `waiting`. */
  retryNow(): void;
  /** End it. Nothing is told to the listener any more. */
  close(): void;
}

/** Makes a connection for a listener: the place where one transport is exchanged for another. */
export type Connect = (listener: StreamListener) => StreamConnection;
