import { expect, test } from "vitest";
import { Backoff } from "../../src/state/backoff.ts";

test("the longest pause doubles from half a second to twenty seconds", () => {
  const backoff = new Backoff(() => 1);
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
});

test("the pause is anything up to the longest one", () => {
  expect(new Backoff(() => 0).next()).toBe(0);
  expect(new Backoff(() => 0.5).next()).toBe(250);
});

test("after a stable while the pauses are short again", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(500);
});
