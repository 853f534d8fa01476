/** The client of the Centrifugo protocol that carries everything, and how it stands as a whole. */

import { Centrifuge, connectingCodes, State, type TransportEndpoint } from "centrifuge";
import { endReason } from "./codes.ts";
import type { Network } from "./network.ts";
import type { StreamStatus } from "./stream.ts";

/** Tried in this order, until one of them gets through: a proxy may let no WebSocket pass. */
export function transports(page: string): TransportEndpoint[] {
  const socket = new URL("/connection/websocket", page);
  socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
  return [
    { transport: "websocket", endpoint: socket.href },
    { transport: "http_stream", endpoint: new URL("/connection/http_stream", page).href },
    { transport: "sse", endpoint: new URL("/connection/sse", page).href },
  ];
}

/**
 * The longest pause before the next attempt, in milliseconds. Whoever looks at the page is waiting, so it is shorter than
 * the client's own of 20 s; a hub serves thousands who come back at once (docs/performance.md, "come back").
 */
const LONGEST_PAUSE_MS = 5_000;

export class Link {
  readonly client: Centrifuge;
  readonly #network: Network;
  readonly #changed: (status: StreamStatus) => void;
  #status: StreamStatus = { kind: "connecting" };
  #failures = 0;

  /** `changed` hears of each new status; `network` says when to try at once. */
  constructor(network: Network, changed: (status: StreamStatus) => void) {
    this.#network = network;
    this.#changed = changed;
    const endpoints = transports(location.href);
    this.client = new Centrifuge(endpoints, {
      emulationEndpoint: "/emulation",
      networkEventTarget: network,
      maxReconnectDelay: LONGEST_PAUSE_MS,
    });
    this.client.on("connecting", ({ code }) => code === connectingCodes.connectCalled || this.#down());
    this.client.on("error", () => {
      this.#failures += 1;
      // Before that, another transport is tried at once.
      if (this.#failures >= endpoints.length) this.#down();
    });
    this.client.on("connected", () => {
      this.#failures = 0;
      this.#show({ kind: "live" });
    });
    this.client.on("disconnected", ({ code }) => this.#show({ kind: "ended", reason: endReason(code) }));
    for (const type of ["online", "offline"]) network.addEventListener(type, () => this.#lookAtNetwork());
  }

  get status(): StreamStatus {
    return this.#status;
  }

  connect(): void {
    this.#show({ kind: "connecting" });
    this.client.connect();
  }

  #down(): void {
    if (this.client.state !== State.Connecting) return;
    this.#show({ kind: "waiting", offline: this.#network.offline });
  }

  #lookAtNetwork(): void {
    if (this.#status.kind === "waiting" && this.#status.offline !== this.#network.offline) this.#down();
  }

  #show(status: StreamStatus): void {
    this.#status = status;
    this.#changed(status);
  }
}
