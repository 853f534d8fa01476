import { expect, test } from "vitest";
import { closeReason, endReason } from "../../src/connection/codes.ts";

test("a reason is a sentence, also for a code that is not known", () => {
  expect(endReason(3500)).toBe("You are no longer logged in.");
  expect(endReason(4711)).toBe("The hub ended the connection (code 4711).");
  expect(closeReason(103)).toBe("You may not read this.");
  expect(closeReason(2403)).toBe("The hub does not let you read this (code 2403).");
});
