import { expect, test } from "vitest";
import { ApiError, sentence } from "../../src/api/errors.ts";

test("what was thrown becomes a sentence", () => {
  expect(sentence(new Error("room is closed"))).toBe("Room is closed.");
  expect(sentence(new Error("Is it?"))).toBe("Is it?");
  expect(sentence("anything")).toBe("Something went wrong.");
});

test("busy and broken are temporary, a refusal is not", () => {
  const temporary = [429, 500, 503, 400, 403, 404].map((status) => new ApiError(status, 0, "").temporary);
  expect(temporary).toEqual([true, true, true, false, false, false]);
});
