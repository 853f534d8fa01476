import { expect, test } from "vitest";
import { dayLabel, sameDay, shortAge } from "../../src/text/time.ts";

/** Moments are made of local times, as the reader's clock shows them: the tests hold in every time zone. */
const NOW = new Date(2026, 2, 3, 0, 5);
const local = (...parts: [number, number, number, number, number]): string => new Date(...parts).toISOString();

test("days near by have names", () => {
  expect(dayLabel(local(2026, 2, 3, 0, 1), NOW)).toBe("Today");
  expect(dayLabel(local(2026, 2, 2, 23, 59), NOW)).toBe("Yesterday");
});

test("the year is said when it is another", () => {
  expect(dayLabel(local(2026, 1, 1, 12, 0), NOW)).not.toContain("2026");
  expect(dayLabel(local(2025, 11, 31, 12, 0), NOW)).toContain("2025");
});

test("an age is said in few characters", () => {
  expect(shortAge(local(2026, 2, 3, 0, 5), NOW)).toBe("now");
  expect(shortAge(local(2026, 2, 2, 23, 30), NOW)).toBe("35 min");
  expect(shortAge(local(2026, 2, 1, 12, 0), NOW)).toMatch(/1/);
});

test("a clock that is behind the hub's shows no negative age", () => {
  expect(shortAge(local(2026, 2, 3, 0, 6), NOW)).toBe("now");
});

test("days are compared where the reader is", () => {
  expect(sameDay(local(2026, 2, 3, 0, 0), local(2026, 2, 3, 23, 59))).toBe(true);
  expect(sameDay(local(2026, 2, 2, 23, 59), local(2026, 2, 3, 0, 0))).toBe(false);
});
