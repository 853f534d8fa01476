import { expect, test } from "vitest";
import {
  authorName,
  hereSentence,
  initials,
  kindName,
  othersSentence,
  pick,
  slugFor,
  typingSentence,
} from "../../src/text/names.ts";

test("initials are the first letters of the first and the last word", () => {
  expect(["Ada King Lovelace", "demo", " é ", "", "😀 x"].map(initials)).toEqual(["AL", "D", "É", "?", "😀X"]);
});

test("a name gives the same number each time, within the range", () => {
  const numbers = ["ann", "bob", "cy", ""].map((name) => pick(name, 6));
  expect(numbers).toEqual(["ann", "bob", "cy", ""].map((name) => pick(name, 6)));
  expect(numbers.every((number) => number >= 0 && number < 6)).toBe(true);
});

test("the sentence about typing names two people and counts more", () => {
  expect(typingSentence([])).toBe("");
  expect(typingSentence(["Ann"])).toBe("Ann is typing…");
  expect(typingSentence(["Ann", "Bob"])).toBe("Ann and Bob are typing…");
  expect(typingSentence(["Ann", "Bob", "Cy"])).toBe("3 people are typing…");
});

test("a deleted user has a name too", () => {
  expect(authorName(null)).toBe("Deleted user");
});

test.each([
  ["Design reviews", "design-reviews"],
  ["  Café & Bar! ", "cafe-bar"],
  ["__init__", "init__"],
  ["日本", ""],
  ["x".repeat(80), "x".repeat(64)],
])("the slug for %j is %j", (title, slug) => {
  expect(slugFor(title)).toBe(slug);
});

test("a kind is shown in words", () => {
  expect(["alert", "order.placed", "deploy_failed-twice"].map(kindName)).toEqual([
    "alert",
    "order placed",
    "deploy failed twice",
  ]);
});

test("a room says how many are here, and who is not named", () => {
  expect([0, 1, 900].map(hereSentence)).toEqual(["0 here", "1 here", "900 here"]);
  expect([-1, 0, 1, 880].map(othersSentence)).toEqual(["", "", "and one more", "and 880 more"]);
});
