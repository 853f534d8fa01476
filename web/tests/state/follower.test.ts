import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError, Unreachable } from "../../src/api/errors.ts";
import type { Connection, Position, StreamEvent, StreamListener } from "../../src/connection/stream.ts";
import { Follower, MAX_EARLY } from "../../src/state/follower.ts";

/** Longer than any pause before a snapshot is asked for again. */
const LATER = 25_000;

/** A connection whose listener the test calls itself. */
class FakeConnection implements Connection {
  listener: StreamListener | null = null;
  readonly after: Position[] = [];

  read(_stream: string, after: Position, listener: StreamListener): () => void {
    this.after.push(after);
    this.listener = listener;
    return () => (this.listener = null);
  }

  command(): Promise<unknown> {
    return Promise.resolve({});
  }

  retryNow(): void {}

  tell(...offsets: number[]): void {
    for (const offset of offsets) this.listener?.event(numbered(offset));
  }
}

function numbered(offset: number): StreamEvent {
  return { offset, type: "x", data: null };
}

function at(offset: number, epoch = "e"): Position {
  return { epoch, offset };
}

interface Story {
  readonly connection: FakeConnection;
  readonly follower: Follower;
  /** Offsets of snapshots as text, those of events as numbers, and statuses, in order. */
  readonly told: unknown[];
  readonly load: ReturnType<typeof vi.fn<() => Promise<Position>>>;
}

/** A follower that has loaded a snapshot at offset 10 and asked to read on from there. */
async function follow(): Promise<Story> {
  const connection = new FakeConnection();
  const told: unknown[] = [];
  const load = vi.fn(async () => at(10));
  const following = {
    stream: "chat:lobby",
    load: async () => {
      const position = await load();
      told.push(`snapshot ${position.offset}`);
      return position;
    },
    event: (event: StreamEvent) => told.push(event.offset ?? event.type),
    status: ({ kind }: { kind: string }) => told.push(kind),
  };
  const follower = new Follower(following, connection);
  follower.start();
  await settle();
  return { connection, follower, told, load };
}

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { onLine: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("reads on from the snapshot, and is live when it has joined", async () => {
  const { connection, told } = await follow();
  expect(connection.after).toEqual([at(10)]);
  connection.listener?.joined(at(10), true);
  connection.tell(11, 12);
  expect(told).toEqual(["connecting", "snapshot 10", "live", 11, 12]);
});

test("passes over what the snapshot holds already", async () => {
  const { connection, told } = await follow();
  connection.listener?.joined(at(8), false);
  connection.tell(9, 10, 11);
  expect(told.slice(-2)).toEqual(["live", 11]);
});

test("goes on after a drop without another snapshot", async () => {
  const { connection, told, load } = await follow();
  connection.listener?.joined(at(10), true);
  connection.listener?.status({ kind: "waiting", offline: false });
  connection.listener?.joined(at(10), true);
  connection.tell(11);
  expect(told.slice(-3)).toEqual(["waiting", "live", 11]);
  expect(load).toHaveBeenCalledTimes(1);
});

describe("a fresh snapshot is loaded", () => {
  test("when the position cannot be resumed, and what comes meanwhile waits for it", async () => {
    const { connection, told, load } = await follow();
    load.mockResolvedValue(at(21));
    connection.listener?.joined(at(20), false);
    connection.tell(21, 22);
    connection.listener?.event({ offset: null, type: "typing", data: null });
    expect(told.slice(-2)).toEqual(["snapshot 10", "connecting"]);
    await settle(LATER);
    expect(told.slice(-4)).toEqual(["snapshot 21", 22, "typing", "live"]);
    expect(connection.after).toHaveLength(1);
  });

  test("when an event is missing", async () => {
    const { connection, told, load } = await follow();
    connection.listener?.joined(at(10), true);
    load.mockResolvedValue(at(12));
    connection.tell(12, 13);
    await settle(LATER);
    expect(told.slice(-4)).toEqual(["connecting", "snapshot 12", 13, "live"]);
  });

  test("when the stream has begun anew", async () => {
    const { connection, told, load } = await follow();
    load.mockResolvedValue(at(3, "other"));
    connection.listener?.joined(at(3, "other"), false);
    connection.tell(4);
    await settle(LATER);
    expect(told.slice(-3)).toEqual(["snapshot 3", 4, "live"]);
  });

  test("again where it is older than what is missing", async () => {
    const { connection, told, load } = await follow();
    load.mockResolvedValueOnce(at(15));
    load.mockResolvedValue(at(20));
    connection.listener?.joined(at(20), false);
    connection.tell(21);
    await settle(2 * LATER);
    expect(told.slice(-4)).toEqual(["snapshot 15", "snapshot 20", 21, "live"]);
  });

  test("again where more is missing by the time it is there", async () => {
    const { connection, told, load } = await follow();
    let answer = (_: Position): void => undefined;
    load.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    connection.listener?.joined(at(20), false);
    await settle(LATER);
    connection.listener?.status({ kind: "waiting", offline: false });
    connection.listener?.joined(at(30), false);
    load.mockResolvedValue(at(30));
    await settle(LATER);
    answer(at(20));
    connection.tell(31);
    await settle(LATER);
    expect(told.slice(-4)).toEqual(["snapshot 20", "snapshot 30", 31, "live"]);
    expect(load).toHaveBeenCalledTimes(3);
  });

  test("when there is a hole in what waited for one", async () => {
    const { connection, told, load } = await follow();
    connection.listener?.joined(at(20), false);
    connection.tell(21, 23);
    load.mockResolvedValueOnce(at(20));
    load.mockResolvedValue(at(23));
    connection.tell(24);
    await settle(2 * LATER);
    expect(told.filter((one) => one !== "connecting").slice(-5)).toEqual(["snapshot 20", 21, "snapshot 23", 24, "live"]);
  });

  test("with all that waited in it, where that was too much to keep", async () => {
    const { connection, told, load } = await follow();
    const last = 20 + MAX_EARLY + 1;
    connection.listener?.joined(at(20), false);
    connection.tell(...Array.from({ length: MAX_EARLY + 1 }, (_, index) => 21 + index));
    load.mockResolvedValueOnce(at(last - 1));
    load.mockResolvedValue(at(last));
    connection.tell(last + 1);
    await settle(2 * LATER);
    expect(told.slice(-4)).toEqual([`snapshot ${last - 1}`, `snapshot ${last}`, last + 1, "live"]);
  });

  test("after a while where the hub cannot be reached, or at once", async () => {
    const { connection, follower, told, load } = await follow();
    load.mockRejectedValueOnce(new Unreachable()).mockRejectedValueOnce(new ApiError(503, 100, "busy"));
    load.mockResolvedValue(at(20));
    connection.listener?.joined(at(20), false);
    follower.retryNow();
    await settle();
    expect(told.at(-1)).toBe("waiting");
    follower.retryNow();
    await settle(LATER);
    expect(told.slice(-4)).toEqual(["waiting", "waiting", "snapshot 20", "live"]);
  });
});

test("a snapshot that is refused is the end", async () => {
  const { connection, told, load } = await follow();
  load.mockRejectedValue(new ApiError(404, 404, "no such room"));
  connection.listener?.joined(at(20), false);
  await settle(10 * LATER);
  expect(told.at(-1)).toBe("closed");
  expect(load).toHaveBeenCalledTimes(2);
  expect(connection.listener).toBeNull();
});

test("nothing is loaded for a stream that was closed, and nothing told after the end", async () => {
  const { connection, follower, told, load } = await follow();
  connection.listener?.joined(at(20), false);
  connection.listener?.status({ kind: "closed", reason: "" });
  await settle(LATER);
  expect(load).toHaveBeenCalledTimes(1);
  follower.stop();
  expect(connection.listener).toBeNull();
  expect(told.at(-1)).toBe("closed");
});
