import { expect, test } from "vitest";
import { readCookie } from "../../src/api/client.ts";

test("a cookie is found by its whole name", () => {
  expect(readCookie("xcsrftoken=no; csrftoken=a%20b; sessionid=s", "csrftoken")).toBe("a b");
  expect(readCookie("", "csrftoken")).toBe("");
});
