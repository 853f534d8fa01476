import { expect, test } from "vitest";
import { nextIndex } from "../../src/components/keyboard.ts";

test.each([
  ["ArrowDown", 0, 1],
  ["ArrowDown", 2, 2],
  ["ArrowDown", -1, 0],
  ["ArrowUp", 1, 0],
  ["ArrowUp", 0, 0],
  ["Home", 2, 0],
  ["End", 0, 2],
])("%s leads from %i to %i of three", (key, index, next) => {
  expect(nextIndex(key, index, 3)).toBe(next);
});

test("other keys, and a list without items, lead nowhere", () => {
  expect(nextIndex("a", 0, 3)).toBeNull();
  expect(nextIndex("ArrowDown", -1, 0)).toBeNull();
});
