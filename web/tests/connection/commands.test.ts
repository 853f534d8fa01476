import { expect, test } from "vitest";
import { Commands, COMMAND_TIMEOUT_MS, MAX_TIMEOUTS } from "../../src/connection/commands.ts";
import { CommandRefused, CommandTimeout, ConnectionClosed, ConnectionDropped } from "../../src/connection/errors.ts";

const keep = { keep: true };

/** What became of a promise, so that one that is still open can be told from the others. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  const later = new Promise((resolve) => setTimeout(resolve, 0, "open"));
  return Promise.race([promise.catch((error: unknown) => error), later]);
}

const ids = (frames: readonly string[]): unknown[] => frames.map((frame) => JSON.parse(frame).id);

test("a command is sent once and settles with its result", async () => {
  const commands = new Commands();
  const answer = commands.submit("typing", {}, {}, 0);
  expect(commands.takeFrames(0)).toEqual(['{"id":"c1","command":"typing","data":{}}']);
  expect(commands.takeFrames(0)).toEqual([]);
  commands.resolve("c1", { ok: 1 });
  await expect(answer).resolves.toEqual({ ok: 1 });
});

test("a refused command rejects with the hub's code and message", async () => {
  const commands = new Commands();
  const answer = commands.submit("message.post", {}, keep, 0);
  commands.takeFrames(0);
  commands.refuse("c1", { code: 400, message: "room is closed", temporary: false });
  const error = await outcome(answer);
  expect(error).toBeInstanceOf(CommandRefused);
  expect(error).toMatchObject({ code: 400, message: "room is closed" });
});

test("an answer to a command that is not known changes nothing", async () => {
  const commands = new Commands();
  const answer = commands.submit("typing", {}, {}, 0);
  commands.resolve("c9", {});
  expect(await outcome(answer)).toBe("open");
});

test("kept commands go out one at a time, in order", () => {
  const commands = new Commands();
  for (const body of ["one", "two"]) void commands.submit("message.post", { body }, keep, 0);
  void commands.submit("typing", {}, {}, 0);
  expect(ids(commands.takeFrames(0))).toEqual(["c1", "c3"]);
  commands.resolve("c1", {});
  expect(ids(commands.takeFrames(0))).toEqual(["c2"]);
});

test("a drop sends a kept command again with the same data and gives the other one up", async () => {
  const commands = new Commands();
  const post = commands.submit("message.post", { body: "hi", key: "k" }, keep, 0);
  const typing = commands.submit("typing", {}, {}, 0);
  const [first] = commands.takeFrames(0);
  commands.dropped();
  expect(await outcome(typing)).toBeInstanceOf(ConnectionDropped);
  expect(commands.takeFrames(1)).toEqual([first]);
  expect(await outcome(post)).toBe("open");
});

test("a command that was not sent yet survives a drop", async () => {
  const commands = new Commands();
  const typing = commands.submit("typing", {}, {}, 0);
  commands.dropped();
  expect(await outcome(typing)).toBe("open");
  expect(ids(commands.takeFrames(1))).toEqual(["c1"]);
});

test("a command without an answer times out after five seconds", async () => {
  const commands = new Commands();
  const typing = commands.submit("typing", {}, {}, 1_000);
  expect(commands.nextDeadline()).toBe(1_000 + COMMAND_TIMEOUT_MS);
  expect(commands.expire(5_999)).toBe(false);
  expect(await outcome(typing)).toBe("open");
  expect(commands.expire(6_000)).toBe(false);
  expect(await outcome(typing)).toBeInstanceOf(CommandTimeout);
});

test("a kept command waits for a connection without limit, and then makes a silent one suspect", async () => {
  const commands = new Commands();
  const post = commands.submit("message.post", {}, keep, 0);
  expect(commands.nextDeadline()).toBeNull();
  commands.takeFrames(100_000);
  expect(commands.expire(104_999)).toBe(false);
  expect(commands.expire(105_000)).toBe(true);
  expect(await outcome(post)).toBe("open");
});

test("a kept command that is never answered is given up in the end, and makes way", async () => {
  const commands = new Commands();
  const poison = commands.submit("message.post", {}, keep, 0);
  void commands.submit("message.post", {}, keep, 0);
  for (let attempt = 0; attempt < MAX_TIMEOUTS; attempt += 1) {
    expect(ids(commands.takeFrames(0))).toEqual(["c1"]);
    expect(commands.expire(COMMAND_TIMEOUT_MS)).toBe(true);
    commands.dropped();
  }
  expect(await outcome(poison)).toBeInstanceOf(CommandTimeout);
  expect(ids(commands.takeFrames(0))).toEqual(["c2"]);
});

test("the end of the connection gives everything up", async () => {
  const commands = new Commands();
  const post = commands.submit("message.post", {}, keep, 0);
  commands.rejectAll(new ConnectionClosed("You may not read this."));
  expect(await outcome(post)).toMatchObject({ message: "You may not read this." });
  expect(commands.takeFrames(0)).toEqual([]);
});
