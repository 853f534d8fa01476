import { expect, test } from "vitest";
import type { Message } from "../../src/api/types.ts";
import { place } from "../../src/text/groups.ts";
import { ANN, BOB, message } from "../state/samples.ts";

const at = (minutes: number, change: Partial<Message> = {}): Message =>
  message(minutes + 1, { created_at: new Date(2026, 0, 2, 12, minutes).toISOString(), ...change });

const groups = (messages: readonly Message[]): boolean[] => place(messages).map((one) => one.startsGroup);

test("who goes on speaking is named once", () => {
  expect(groups([at(0), at(1), at(2, { author: ANN }), at(3, { author: BOB })])).toEqual([true, false, true, true]);
});

test("after a silence the author is named again", () => {
  expect(groups([at(0), at(4), at(9)])).toEqual([true, false, true]);
});

test("a new day has a heading and names its first author", () => {
  const late = message(1, { created_at: new Date(2026, 0, 1, 23, 59).toISOString() });
  const early = message(2, { created_at: new Date(2026, 0, 2, 0, 1).toISOString() });
  expect(place([late, early]).map((one) => [one.startsDay, one.startsGroup])).toEqual([
    [true, true],
    [true, true],
  ]);
});
