import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandRefused, CommandTimeout, ConnectionClosed, ConnectionDropped } from "../../src/connection/errors.ts";
import { HubConnection } from "../../src/connection/hub-connection.ts";
import { MAX_TIMEOUTS } from "../../src/connection/kept-commands.ts";
import { FakeHub, Refusal } from "./fake-hub.ts";

const LOBBY = "chat:lobby";
const KEEP = { keep: true };
const TIMEOUT_MS = 5_000;
/** The library looks twice before it gives up. */
const GRACE_MS = 10;
/** Longer than any pause before the next attempt. */
const LATER = 25_000;

let hub: FakeHub;
let connection: HubConnection;
/** What the hub was asked for, by a part of its data. */
let asked: unknown[];

beforeEach(async () => {
  vi.useFakeTimers();
  hub = new FakeHub();
  hub.install();
  asked = [];
  hub.rpc = (_method, data) => {
    asked.push(data["body"]);
    return { id: asked.length };
  };
  connection = new HubConnection(async () => undefined);
  await settle();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** What becomes of a promise; "open" as long as nothing does. */
function outcome(promise: Promise<unknown>): { value: unknown } {
  const seen: { value: unknown } = { value: "open" };
  promise.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.value = error),
  );
  return seen;
}

function post(body: string, options = KEEP): { value: unknown } {
  return outcome(connection.command(LOBBY, "message.post", { body }, options));
}

/** Never answer the commands with this body. */
function leaveUnanswered(...bodies: string[]): void {
  const answer = hub.rpc;
  hub.rpc = (method, data) => {
    const result = answer(method, data);
    return bodies.includes(String(data["body"])) ? undefined : result;
  };
}

describe("a command", () => {
  test("names its stream beside its data, and settles with the answer", async () => {
    let request: unknown;
    hub.rpc = (method, data) => ((request = { method, data }), { id: 7 });
    const answer = post("hi", { keep: false });
    await settle();
    expect(request).toEqual({ method: "message.post", data: { stream: LOBBY, body: "hi" } });
    expect(answer.value).toEqual({ id: 7 });
  });

  test("that is refused rejects with the hub's code and message", async () => {
    hub.rpc = () => new Refusal(400, "room is closed");
    const answer = post("hi");
    await settle();
    expect(answer.value).toBeInstanceOf(CommandRefused);
    expect(answer.value).toMatchObject({ code: 400, message: "room is closed", temporary: false });
  });

  test("without an answer times out after five seconds", async () => {
    leaveUnanswered("hi");
    const answer = post("hi", { keep: false });
    await settle(TIMEOUT_MS - 1);
    expect(answer.value).toBe("open");
    await settle(1 + GRACE_MS);
    expect(answer.value).toBeInstanceOf(CommandTimeout);
  });

  test("that is not kept is given up when the connection drops", async () => {
    leaveUnanswered("hi");
    const answer = post("hi", { keep: false });
    await settle();
    hub.close(1006);
    await settle();
    expect(answer.value).toBeInstanceOf(ConnectionDropped);
  });
});

describe("a kept command", () => {
  test("goes out after those before it were answered", async () => {
    leaveUnanswered("one");
    post("one");
    post("two");
    const other = outcome(connection.command("chat:hall", "message.post", { body: "elsewhere" }, KEEP));
    await settle();
    expect(asked).toEqual(["one", "elsewhere"]);
    expect(other.value).toEqual({ id: 2 });
  });

  test("is sent again after a drop, before those that came later", async () => {
    leaveUnanswered("one");
    const [one, two] = [post("one"), post("two")];
    await settle();
    hub.rpc = (_method, data) => asked.push(data["body"]);
    hub.close(1006);
    await settle(LATER);
    expect(asked).toEqual(["one", "one", "two"]);
    expect([one.value, two.value]).toEqual([2, 3]);
  });

  test("waits for a connection without limit", async () => {
    hub.refusing = 1006;
    hub.close(1006);
    const answer = post("hi");
    await settle(20 * LATER);
    expect(answer.value).toBe("open");
    hub.refusing = null;
    await settle(LATER);
    expect(answer.value).toEqual({ id: 1 });
  });

  test("without an answer makes the connection suspect", async () => {
    leaveUnanswered("hi");
    const answer = post("hi");
    await settle(TIMEOUT_MS + GRACE_MS);
    expect(answer.value).toBe("open");
    expect(asked).toEqual(["hi", "hi"]);
    expect(hub.sockets).toHaveLength(2);
  });

  test("that is never answered is given up in the end, and makes way", async () => {
    leaveUnanswered("poison");
    const poison = post("poison");
    const next = post("next");
    await settle(MAX_TIMEOUTS * (TIMEOUT_MS + GRACE_MS));
    expect(poison.value).toBeInstanceOf(CommandTimeout);
    expect(asked).toEqual([...Array<string>(MAX_TIMEOUTS).fill("poison"), "next"]);
    expect(next.value).toEqual({ id: MAX_TIMEOUTS + 1 });
  });

  test("that is refused makes way", async () => {
    hub.rpc = (_method, data) => (data["body"] === "no" ? new Refusal(103, "permission denied") : {});
    post("no");
    const next = post("yes");
    await settle();
    expect(next.value).toEqual({});
  });

  test("is given up when the connection ends for good, with the reason", async () => {
    leaveUnanswered("hi");
    const answers = [post("hi"), post("next")];
    await settle();
    hub.close(3500);
    await settle();
    answers.push(post("late"), post("now", { keep: false }));
    await settle(LATER);
    for (const { value } of answers) {
      expect(value).toBeInstanceOf(ConnectionClosed);
      expect(value).toMatchObject({ message: "You are no longer logged in." });
    }
  });
});
