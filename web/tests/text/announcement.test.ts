import { expect, test } from "vitest";
import { announcement, newerThan } from "../../src/text/announcement.ts";
import { message } from "../state/samples.ts";

test("older messages and edits are not new", () => {
  const before = [message(5), message(6)];
  expect(newerThan(before, [message(4), ...before])).toEqual([]);
  expect(newerThan(before, [message(5), message(6, { body: "edited" })])).toEqual([]);
  expect(newerThan(before, [...before, message(7)])).toEqual([message(7)]);
});

test("a few messages are read out, many are counted, long ones are cut", () => {
  expect(announcement([message(1), message(2)])).toBe("Bob: message 1 Bob: message 2");
  expect(announcement([1, 2, 3, 4].map((id) => message(id)))).toBe("4 new messages.");
  expect(announcement([message(1, { body: "x".repeat(300) })])).toHaveLength("Bob: ".length + 201);
});
