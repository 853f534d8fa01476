import { expect, test } from "vitest";
import { bodyProblem } from "../../src/text/body-problem.ts";

test("a message may have 4,000 characters, not counting the white space around", () => {
  expect(bodyProblem(` ${"x".repeat(4_000)}\n`)).toBeNull();
  expect(bodyProblem("😀".repeat(4_000))).toBeNull();
});

test("a longer one is told how long it is", () => {
  expect(bodyProblem("x".repeat(4_001))).toMatch(/This one has 4.001\.$/);
});
