import { expect, test } from "vitest";
import { Cursor } from "../../src/state/cursor.ts";

const at41 = (): Cursor => new Cursor({ epoch: "e", offset: 41 });

test("the next event is delivered and moves the position", () => {
  const cursor = at41();
  expect(cursor.accept(42)).toBe("deliver");
  expect(cursor.covers({ epoch: "e", offset: 42 })).toBe(true);
});

test("an event at or before the position is a duplicate", () => {
  const cursor = at41();
  expect([cursor.accept(41), cursor.accept(7)]).toEqual(["duplicate", "duplicate"]);
});

test("an event beyond the next one is a gap and does not move the position", () => {
  const cursor = at41();
  expect(cursor.accept(43)).toBe("gap");
  expect(cursor.accept(42)).toBe("deliver");
});

test("an ephemeral event is delivered and does not move the position", () => {
  const cursor = at41();
  expect(cursor.accept(null)).toBe("deliver");
  expect(cursor.accept(42)).toBe("deliver");
});

test.each([
  [{ epoch: "e", offset: 41 }, true],
  [{ epoch: "e", offset: 40 }, true],
  [{ epoch: "e", offset: 42 }, false],
  [{ epoch: "other", offset: 41 }, false],
])("whether %o is covered: %s", (position, covered) => {
  expect(at41().covers(position)).toBe(covered);
});
