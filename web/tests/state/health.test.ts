import { expect, test } from "vitest";
import type { ConnectionStatus } from "../../src/connection/stream.ts";
import { healthSentence, nextHealth, type Health } from "../../src/state/health.ts";

const LIVE: ConnectionStatus = { kind: "live" };
const CONNECTING: ConnectionStatus = { kind: "connecting" };
const WAITING: ConnectionStatus = { kind: "waiting", retryAt: 5, offline: false };
const CLOSED: ConnectionStatus = { kind: "closed", code: 3507, reason: "" };

function story(...moments: readonly ConnectionStatus[][]): Health {
  return moments.reduce<Health>(nextHealth, { kind: "starting" });
}

test("the page is live when all its connections are", () => {
  expect(story([CONNECTING, LIVE])).toEqual({ kind: "starting" });
  expect(story([CONNECTING, LIVE], [LIVE, LIVE])).toEqual({ kind: "live" });
});

test("one connection that is down is enough to be down", () => {
  expect(story([LIVE, LIVE], [LIVE, WAITING])).toEqual({ kind: "down", retryAt: 5, offline: false });
});

test("an attempt does not count as being back", () => {
  expect(story([LIVE], [WAITING], [CONNECTING])).toEqual({ kind: "down", retryAt: null, offline: false });
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

test("what is announced does not change with each second", () => {
  expect(healthSentence(story([WAITING]))).toBe(healthSentence(story([WAITING], [CONNECTING])));
  expect(healthSentence({ kind: "live" })).toBe("");
});
