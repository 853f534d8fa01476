import { expect, test } from "vitest";
import { closeReason, isTerminal } from "../../src/connection/codes.ts";

test.each([3500, 3507, 3999, 4500, 4999, 1009])("%i ends the connection for good", (code) => {
  expect(isTerminal(code)).toBe(true);
});

test.each([1000, 1001, 1006, 1011, 3000, 3001, 3499, 4000, 4499])("%i invites the client back", (code) => {
  expect(isTerminal(code)).toBe(false);
});

test("a reason is a sentence, also for a code that is not known", () => {
  expect(closeReason(3507)).toBe("You may not read this.");
  expect(closeReason(4711)).toBe("The hub ended the connection (code 4711).");
});
