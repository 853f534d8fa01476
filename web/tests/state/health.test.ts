import { expect, test } from "vitest";
import type { StreamStatus } from "../../src/connection/stream.ts";
import { healthSentence, nextHealth, type Health } from "../../src/state/health.ts";

const LIVE: StreamStatus = { kind: "live" };
const CONNECTING: StreamStatus = { kind: "connecting" };
const WAITING: StreamStatus = { kind: "waiting", offline: false };
const ENDED: StreamStatus = { kind: "ended", reason: "Go away." };
const CLOSED: StreamStatus = { kind: "closed", reason: "" };

function story(...moments: readonly StreamStatus[][]): Health {
  return moments.reduce<Health>(nextHealth, { kind: "starting" });
}

test("the page is live when all that it reads is", () => {
  expect(story([CONNECTING, LIVE])).toEqual({ kind: "starting" });
  expect(story([CONNECTING, LIVE], [LIVE, LIVE])).toEqual({ kind: "live" });
});

test("one stream that is down is enough to be down", () => {
  expect(story([LIVE, LIVE], [LIVE, WAITING])).toEqual({ kind: "down", offline: false });
});

test("an attempt does not count as being back", () => {
  expect(story([LIVE], [WAITING], [CONNECTING])).toEqual({ kind: "down", offline: false });
});

test("being back is good news, until the page is down again", () => {
  expect(story([LIVE], [WAITING], [LIVE])).toEqual({ kind: "restored" });
  expect(story([LIVE], [WAITING], [LIVE], [CONNECTING])).toEqual({ kind: "restored" });
  expect(story([LIVE], [WAITING], [LIVE], [WAITING]).kind).toBe("down");
});

test("opening another room is no news", () => {
  expect(story([LIVE, LIVE], [LIVE, CONNECTING])).toEqual({ kind: "live" });
});

test("a room that may not be read is no fault of the connection", () => {
  expect(story([LIVE, CLOSED])).toEqual({ kind: "live" });
});

test("an end is told with its reason, until the page is back", () => {
  expect(story([LIVE], [ENDED])).toEqual({ kind: "ended", reason: "Go away." });
  expect(healthSentence(story([LIVE], [ENDED], [CONNECTING]))).toBe("Go away.");
  expect(story([LIVE], [ENDED], [CONNECTING], [LIVE])).toEqual({ kind: "restored" });
});

test("what is announced does not change with each second", () => {
  expect(healthSentence(story([WAITING]))).toBe(healthSentence(story([WAITING], [CONNECTING])));
  expect(healthSentence({ kind: "live" })).toBe("");
});
