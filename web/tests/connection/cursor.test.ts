import { expect, test } from "vitest";
import { Cursor } from "../../src/connection/cursor.ts";

const at41 = (): Cursor => new Cursor({ epoch: "e", offset: 41 });

test("the next event is delivered and moves the position", () => {
  const cursor = at41();
  expect(cursor.accept(42)).toBe("deliver");
  expect(cursor.position).toEqual({ epoch: "e", offset: 42 });
});

test("an event at or before the position is a duplicate", () => {
  const cursor = at41();
  expect([cursor.accept(41), cursor.accept(7)]).toEqual(["duplicate", "duplicate"]);
  expect(cursor.position.offset).toBe(41);
});

test("an event beyond the next one is a gap and does not move the position", () => {
  const cursor = at41();
  expect(cursor.accept(43)).toBe("gap");
  expect(cursor.position.offset).toBe(41);
});

test("an ephemeral event is delivered and does not move the position", () => {
  const cursor = at41();
  expect(cursor.accept(null)).toBe("deliver");
  expect(cursor.position.offset).toBe(41);
});

test("a connection resumes from the same epoch and position", () => {
  expect(at41().resumes({ epoch: "e", offset: 41, recovered: true })).toBe(true);
  expect(at41().resumes({ epoch: "e", offset: 40, recovered: true })).toBe(true);
});

test.each([
  { epoch: "e", offset: 41, recovered: false },
  { epoch: "other", offset: 41, recovered: true },
  { epoch: "e", offset: 42, recovered: true },
])("a connection does not resume after %o", (hello) => {
  expect(at41().resumes(hello)).toBe(false);
});
