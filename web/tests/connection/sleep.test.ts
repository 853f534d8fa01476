import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchSleep } from "../../src/connection/sleep.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("time that passes without a timer being called is sleep", () => {
  const woke = vi.fn();
  watchSleep(woke);
  vi.advanceTimersByTime(600_000);
  expect(woke).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 600_000);
  vi.advanceTimersByTime(10_000);
  expect(woke).toHaveBeenCalledTimes(1);
});

test("the slow timers of a hidden page are not sleep", () => {
  const woke = vi.fn();
  watchSleep(woke);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(10_000);
  expect(woke).not.toHaveBeenCalled();
});
