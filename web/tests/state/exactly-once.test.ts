/** Whatever happens to the connection, a follower ends up with each event once and in order. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Unreachable } from "../../src/api/errors.ts";
import { HubConnection } from "../../src/connection/hub-connection.ts";
import type { StreamEvent } from "../../src/connection/stream.ts";
import { Follower } from "../../src/state/follower.ts";
import { FakeHub } from "../connection/fake-hub.ts";

const NAMES = ["chat:lobby", "inbox#1"];
/** Longer than any pause before the next attempt. */
const LATER = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A generator of numbers from 0 to 1, so that a story that fails can be told again (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A reader that keeps a copy of a stream: a snapshot, and each event added to it. */
class Copy {
  rows: unknown[] = [];
  status = "";
  readonly #hub: FakeHub;
  readonly #name: string;
  readonly #roll: () => number;

  constructor(hub: FakeHub, name: string, connection: HubConnection, roll: () => number) {
    this.#hub = hub;
    this.#name = name;
    this.#roll = roll;
    const following = {
      stream: name,
      load: () => this.#load(),
      event: (event: StreamEvent) => void this.rows.push(event.data),
      status: ({ kind }: { kind: string }) => void (this.status = kind),
    };
    new Follower(following, connection).start();
  }

  async #load(): Promise<{ epoch: string; offset: number }> {
    await pause(this.#roll() * 2_000);
    const stream = this.#hub.stream(this.#name);
    const snapshot = { rows: stream.log.map((event) => event.data), epoch: stream.epoch, offset: stream.top };
    if (this.#roll() < 0.2) throw new Unreachable();
    // What has happened since is not in it.
    await pause(this.#roll() * 2_000);
    this.rows = snapshot.rows;
    return snapshot;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Let something happen to the hub or the network. */
function happen(hub: FakeHub, roll: () => number, count: number): void {
  const name = NAMES[Math.floor(roll() * NAMES.length)] ?? "";
  const stream = hub.stream(name);
  const events: [number, () => void][] = [
    [0.7, () => hub.publish(name, count)],
    [0.78, () => hub.close(roll() < 0.5 ? 1006 : 3001)],
    [0.84, () => (hub.refusing = hub.refusing === null ? 1006 : null)],
    [0.88, () => hub.unsubscribe("chat:lobby", 2500)],
    [0.92, () => (stream.first = stream.top + 1)],
    [0.94, () => ((stream.epoch += "'"), (stream.log = []), (stream.first = 1), hub.close(3010))],
    [0.97, () => window.dispatchEvent(new Event("offline"))],
    [1, () => window.dispatchEvent(new Event("online"))],
  ];
  const outcome = roll();
  events.find(([limit]) => outcome < limit)?.[1]();
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))("story %i", async (seed) => {
  const roll = dice(seed);
  vi.spyOn(Math, "random").mockImplementation(roll);
  const hub = new FakeHub();
  hub.install();
  hub.given.push("inbox#1");
  const connection = new HubConnection(async () => undefined);
  const copies = NAMES.map((name) => new Copy(hub, name, connection, roll));
  for (let count = 0; count < 200; count += 1) {
    happen(hub, roll, count);
    await vi.advanceTimersByTimeAsync(roll() < 0.5 ? 0 : roll() * 3_000);
  }
  hub.refusing = null;
  await vi.advanceTimersByTimeAsync(5 * LATER);
  expect(copies.map((copy) => copy.status)).toEqual(["live", "live"]);
  for (const [index, name] of NAMES.entries()) {
    expect(copies[index]?.rows).toEqual(hub.stream(name).log.map((event) => event.data));
  }
});
