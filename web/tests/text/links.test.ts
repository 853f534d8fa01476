import { expect, test } from "vitest";
import { safeHref, segments } from "../../src/text/links.ts";

const links = (text: string): string[] => segments(text).flatMap((one) => (one.href === null ? [] : [one.text]));

test("a text without links is one part", () => {
  expect(segments("just words")).toEqual([{ text: "just words", href: null }]);
  expect(segments("")).toEqual([]);
});

test("the parts together are the text", () => {
  const text = "see https://a.example/x, or http://b.example?q=1!\nbye";
  expect(
    segments(text)
      .map((one) => one.text)
      .join(""),
  ).toBe(text);
  expect(links(text)).toEqual(["https://a.example/x", "http://b.example?q=1"]);
});

test.each([
  ["(https://a.example)", "https://a.example"],
  ["https://a.example/Page_(x)", "https://a.example/Page_(x)"],
  ["(see https://a.example/Page_(x)).", "https://a.example/Page_(x)"],
  ['<a href="https://a.example">', "https://a.example"],
  ["HTTPS://A.example", "HTTPS://A.example"],
])("in %j the link is %j", (text, link) => {
  expect(links(text)).toEqual([link]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "https://", "www.a.example"])(
  "%j is no link",
  (text) => {
    expect(links(text)).toEqual([]);
  },
);

test("an address is safe when it is http or https", () => {
  expect(safeHref("/?room=lobby", "https://hub.example/x")).toBe("https://hub.example/?room=lobby");
  expect(safeHref("javascript:alert(1)", "https://hub.example/")).toBeNull();
  expect(safeHref("no address")).toBeNull();
});
