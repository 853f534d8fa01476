/** The one connection of the page: every stream that it reads and every command that it sends, over one client. */

import { State, type Subscription, unsubscribedCodes } from "centrifuge";
import { closeReason } from "./codes.ts";
import { type CommandError, commandError, ConnectionClosed } from "./errors.ts";
import { GivenStreams, isGiven } from "./given-streams.ts";
import { KeptCommands, type Sender } from "./kept-commands.ts";
import { Link } from "./link.ts";
import { Network } from "./network.ts";
import { streamEvent } from "./publication.ts";
import type { CommandOptions, Connection, Position, StreamListener, StreamStatus } from "./stream.ts";

const CONNECTING: StreamStatus = { kind: "connecting" };

export class HubConnection implements Connection {
  readonly #network = new Network();
  readonly #link: Link;
  readonly #given: GivenStreams;
  readonly #listeners = new Set<StreamListener>();
  readonly #kept = new Map<string, KeptCommands>();
  readonly #checkAccess: () => Promise<unknown>;

  /**
   * `checkAccess` is called when the hub has ended the connection for good. It should ask the hub in another way who
   * the user is, and do what is to be done when that is nobody any more.
   */
  constructor(checkAccess: () => Promise<unknown>) {
    this.#checkAccess = checkAccess;
    this.#link = new Link(this.#network, (status) => this.#linkChanged(status));
    this.#given = new GivenStreams(this.#link.client);
    this.#link.connect();
  }

  read(stream: string, after: Position, listener: StreamListener): () => void {
    this.#listeners.add(listener);
    listener.status(atMostConnecting(this.#link.status));
    const end = isGiven(stream) ? this.#given.read(stream, listener) : this.#subscribe(stream, after, listener);
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  }

  command(stream: string, name: string, data: object, options: CommandOptions = {}): Promise<unknown> {
    if (!options.keep) return this.#send(stream, name, data);
    const kept = this.#kept.get(stream) ?? new KeptCommands(this.#senderFor(stream));
    this.#kept.set(stream, kept);
    return kept.submit(name, data);
  }

  retryNow(): void {
    if (this.#link.status.kind === "ended") this.#link.connect();
    else this.#network.retryNow();
  }

  #subscribe(stream: string, after: Position, listener: StreamListener): () => void {
    const { client } = this.#link;
    const subscription = client.newSubscription(stream, { since: after });
    subscription.on("subscribed", ({ streamPosition, recovered }) =>
      listener.joined(streamPosition ?? after, recovered),
    );
    subscription.on("publication", (publication) => listener.event(streamEvent(publication)));
    // What a drop means is told by the link; this is a subscription that the hub wants to have renewed.
    subscription.on("subscribing", () => client.state === State.Connected && listener.status(CONNECTING));
    subscription.on("unsubscribed", ({ code }) => {
      if (code !== unsubscribedCodes.unsubscribeCalled) this.#closed(subscription, code, listener);
    });
    subscription.subscribe();
    return () => client.removeSubscription(subscription);
  }

  #closed(subscription: Subscription, code: number, listener: StreamListener): void {
    this.#listeners.delete(listener);
    this.#link.client.removeSubscription(subscription);
    listener.status({ kind: "closed", reason: closeReason(code) });
  }

  async #send(stream: string, name: string, data: object): Promise<unknown> {
    try {
      return (await this.#link.client.rpc(name, { stream, ...data })).data;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #senderFor(stream: string): Sender {
    return {
      connected: () =>
        this.#link.client.ready().catch((error: unknown) => {
          throw this.#failure(error);
        }),
      send: (name, data) => this.#send(stream, name, data),
      renew: () => this.#network.renew(),
    };
  }

  /** Return why a call of the client's was rejected. */
  #failure(thrown: unknown): CommandError {
    const { status } = this.#link;
    return status.kind === "ended" ? new ConnectionClosed(status.reason) : commandError(thrown);
  }

  #linkChanged(status: StreamStatus): void {
    for (const listener of [...this.#listeners]) listener.status(atMostConnecting(status));
    // Only to learn of a logout.
    if (status.kind === "ended") this.#checkAccess().catch(() => undefined);
  }
}

/** A stream is not live because the connection is. */
function atMostConnecting(status: StreamStatus): StreamStatus {
  return status.kind === "live" ? CONNECTING : status;
}
