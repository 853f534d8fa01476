import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CommandRefused, ConnectionDropped } from "../../src/connection/errors.ts";
import type { PresenceAnswer } from "../../src/state/presence.ts";
import { PresenceWatch, REFRESH_MS, RETRY_MS, SETTLE_MS } from "../../src/state/presence-watch.ts";

const NOBODY: PresenceAnswer = { users: [], total: 0, connections: 0, complete: true, epoch: "e", number: 0 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(ask: () => Promise<PresenceAnswer>): { watch: PresenceWatch; told: (PresenceAnswer | null)[] } {
  const told: (PresenceAnswer | null)[] = [];
  return { watch: new PresenceWatch(ask, (answer) => told.push(answer)), told };
}

test("asks when the connection is live, and again after a while", async () => {
  const ask = vi.fn(async () => NOBODY);
  const { watch: watched, told } = watch(ask);
  watched.status({ kind: "connecting" });
  expect(ask).not.toHaveBeenCalled();
  watched.status({ kind: "live" });
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([NOBODY]);
  await vi.advanceTimersByTimeAsync(REFRESH_MS * 1.5);
  expect(told.length).toBeGreaterThanOrEqual(2);
});

test("asks once more soon after it is live, since the first answer may be a little old", async () => {
  const { watch: watched, told } = watch(async () => NOBODY);
  watched.status({ kind: "live" });
  await vi.advanceTimersByTimeAsync(SETTLE_MS * 1.5);
  expect(told).toEqual([NOBODY, NOBODY]);
  await vi.advanceTimersByTimeAsync(REFRESH_MS * 0.4);
  expect(told).toHaveLength(2);
});

test("forgets when the connection drops, and asks no more", async () => {
  const ask = vi.fn(async () => NOBODY);
  const { watch: watched, told } = watch(ask);
  watched.status({ kind: "live" });
  await vi.advanceTimersByTimeAsync(0);
  watched.status({ kind: "waiting", offline: false });
  expect(told).toEqual([NOBODY, null]);
  await vi.advanceTimersByTimeAsync(REFRESH_MS * 2);
  expect(ask).toHaveBeenCalledTimes(1);
});

test("passes over an answer that comes after the connection has dropped", async () => {
  let answer = (_: PresenceAnswer): void => undefined;
  const { watch: watched, told } = watch(() => new Promise((resolve) => (answer = resolve)));
  watched.status({ kind: "live" });
  watched.status({ kind: "connecting" });
  answer(NOBODY);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([null]);
});

test.each([new CommandRefused(108, "not known", true), new ConnectionDropped()])(
  "asks again soon where it is not known (%s)",
  async (error) => {
    const ask = vi.fn(async () => NOBODY).mockRejectedValueOnce(error);
    const { watch: watched, told } = watch(ask);
    watched.status({ kind: "live" });
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([null]);
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(told).toEqual([null, NOBODY]);
  },
);

test("does not ask a hub again that does not tell", async () => {
  const ask = vi.fn(() => Promise.reject<PresenceAnswer>(new CommandRefused(104, "no such command", false)));
  const { watch: watched, told } = watch(ask);
  watched.status({ kind: "live" });
  await vi.advanceTimersByTimeAsync(REFRESH_MS * 3);
  expect(told).toEqual([null]);
  expect(ask).toHaveBeenCalledTimes(1);
});
