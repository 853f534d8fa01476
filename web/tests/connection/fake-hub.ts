/** A hub without a network: it speaks the Centrifugo protocol to the page's own client, over sockets that are none. */

import { vi } from "vitest";

interface Stored {
  readonly offset: number;
  readonly type: string;
  readonly data: unknown;
}

/** A log, as the hub keeps one; `first` is the oldest offset that can still be asked for. */
export class FakeStream {
  epoch = "e1";
  log: Stored[] = [];
  first = 1;

  get top(): number {
    return this.log.length;
  }

  after(offset: number): Stored[] {
    return this.log.slice(offset);
  }

  /** Whether a reader can go on from a position. */
  recovers(epoch: string, offset: number): boolean {
    return epoch === this.epoch && offset <= this.top && offset + 1 >= this.first;
  }
}

interface Command {
  readonly id?: number;
  readonly connect?: { readonly subs?: Record<string, Since> };
  readonly subscribe?: Since & { readonly channel: string };
  readonly unsubscribe?: { readonly channel: string };
  readonly rpc?: { readonly method: string; readonly data: Record<string, unknown> };
}

interface Since {
  readonly recover?: boolean;
  readonly epoch?: string;
  readonly offset?: number;
}

export class FakeHub {
  readonly streams = new Map<string, FakeStream>();
  readonly sockets: FakeSocket[] = [];
  /** Streams that every client gets with its connection. */
  readonly given: string[] = [];
  /** Streams that nobody may read. */
  readonly forbidden = new Set<string>();
  /** What each RPC is answered with; one that returns undefined is never answered. */
  rpc: (method: string, data: Record<string, unknown>) => unknown = () => ({});
  /** The close code that new sockets get at once: 1006 when nobody is there. */
  refusing: number | null = null;

  /** Put this hub in the place of the browser's network. */
  install(): void {
    const hub = this;
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
    vi.stubGlobal("location", new URL("http://hub.example/"));
    vi.stubGlobal("navigator", { onLine: true });
    vi.stubGlobal("WebSocket", function WebSocket(url: string) {
      return new FakeSocket(hub, url);
    });
    // The other transports do not get through.
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  }

  stream(name: string): FakeStream {
    const stream = this.streams.get(name) ?? new FakeStream();
    this.streams.set(name, stream);
    return stream;
  }

  publish(name: string, data: unknown, type = "message.created"): void {
    const stream = this.stream(name);
    const event = { offset: stream.top + 1, type, data };
    stream.log.push(event);
    this.#push(name, { pub: publication(event) });
  }

  publishEphemeral(name: string, type: string, data: unknown): void {
    this.#push(name, { pub: { data, tags: { type } } });
  }

  /** End the subscriptions to a stream. */
  unsubscribe(name: string, code: number): void {
    for (const socket of this.open) if (socket.reads.delete(name)) socket.pushTo(name, { unsubscribe: { code, reason: "" } });
  }

  /** Close every connection. */
  close(code: number): void {
    for (const socket of this.open) socket.end(code);
  }

  get open(): FakeSocket[] {
    return this.sockets.filter((socket) => socket.isOpen);
  }

  #push(name: string, push: object): void {
    for (const socket of this.open) if (socket.reads.has(name)) socket.pushTo(name, push);
  }
}

export class FakeSocket {
  onopen = (): void => undefined;
  onerror = (): void => undefined;
  onclose = (_: { code: number; reason: string }): void => undefined;
  onmessage = (_: { data: string }): void => undefined;
  readonly reads = new Set<string>();
  isOpen = false;

  constructor(
    readonly hub: FakeHub,
    readonly url: string,
  ) {
    hub.sockets.push(this);
    queueMicrotask(() => {
      if (hub.refusing !== null) return this.onclose({ code: hub.refusing, reason: "" });
      this.isOpen = true;
      this.onopen();
    });
  }

  send(frame: string): void {
    if (!this.isOpen) return;
    for (const line of frame.split("\n")) this.#carryOut(JSON.parse(line) as Command);
  }

  close(): void {
    this.isOpen = false;
  }

  end(code: number): void {
    this.isOpen = false;
    // Without a reason the library takes no code for the last word.
    this.onclose({ code, reason: code < 3000 ? "" : "reason" });
  }

  pushTo(channel: string, push: object): void {
    this.#say({ push: { channel, ...push } });
  }

  #carryOut({ id, connect, subscribe, unsubscribe, rpc }: Command): void {
    if (connect) this.#say({ id, connect: this.#connected(connect.subs ?? {}) });
    if (subscribe) this.#subscribe(id, subscribe.channel, subscribe);
    if (unsubscribe) {
      this.reads.delete(unsubscribe.channel);
      this.#say({ id, unsubscribe: {} });
    }
    if (rpc) this.#answer(id, rpc.method, rpc.data);
  }

  #connected(known: Record<string, Since>): object {
    const subs = Object.fromEntries(this.hub.given.map((name) => [name, this.#join(name, known[name] ?? {})]));
    return { client: "c", version: "test", subs };
  }

  #subscribe(id: number | undefined, name: string, since: Since): void {
    if (this.hub.forbidden.has(name)) this.#say({ id, error: { code: 103, message: "permission denied" } });
    else this.#say({ id, subscribe: this.#join(name, since) });
  }

  #join(name: string, { recover = false, epoch = "", offset = 0 }: Since): object {
    this.reads.add(name);
    const stream = this.hub.stream(name);
    const common = { recoverable: true, positioned: true, epoch: stream.epoch };
    if (!recover) return { ...common, offset: stream.top };
    if (!stream.recovers(epoch, offset)) return { ...common, offset: stream.top, was_recovering: true };
    const publications = stream.after(offset).map(publication);
    return { ...common, offset, was_recovering: true, recovered: true, publications };
  }

  #answer(id: number | undefined, method: string, data: Record<string, unknown>): void {
    const answer = this.hub.rpc(method, data);
    if (answer instanceof Refusal) this.#say({ id, error: { ...answer } });
    else if (answer !== undefined) this.#say({ id, rpc: { data: answer } });
  }

  #say(reply: object): void {
    const frame = JSON.stringify(reply);
    queueMicrotask(() => this.onmessage({ data: frame }));
  }
}

/** What an RPC returns that the hub says no to. */
export class Refusal {
  constructor(
    readonly code: number,
    readonly message: string,
  ) {}
}

function publication({ offset, type, data }: Stored): object {
  return { offset, data, ...(type === "message" ? {} : { tags: { type } }) };
}
