import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HubConnection } from "../../src/connection/hub-connection.ts";
import type { Position, StreamEvent, StreamListener, StreamStatus } from "../../src/connection/stream.ts";
import { FakeHub } from "./fake-hub.ts";

const LOBBY = "chat:lobby";
const INBOX = "inbox#1";
const START: Position = { epoch: "e1", offset: 0 };
/** Longer than any pause before the next attempt. */
const LATER = 25_000;

let hub: FakeHub;
const checkAccess = vi.fn(async () => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  checkAccess.mockClear();
  hub = new FakeHub();
  hub.install();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Remembers what it is told, in order. */
class Ear implements StreamListener {
  readonly told: unknown[] = [];
  last: StreamStatus | null = null;

  joined(position: Position, resumed: boolean): void {
    this.last = { kind: "live" };
    this.told.push(`${resumed ? "resumed" : "joined"} at ${position.offset}`);
  }

  event(event: StreamEvent): void {
    this.told.push(event.offset ?? event.type);
  }

  status(status: StreamStatus): void {
    this.last = status;
    this.told.push(status.kind);
  }
}

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function open(...streams: string[]): Promise<{ connection: HubConnection; ears: Ear[] }> {
  const connection = new HubConnection(checkAccess);
  const ears = streams.map((stream) => {
    const ear = new Ear();
    connection.read(stream, START, ear);
    return ear;
  });
  await settle();
  return { connection, ears };
}

describe("reading", () => {
  test("every stream and the inbox come over one socket", async () => {
    hub.given.push(INBOX);
    const { ears } = await open(LOBBY, "chat:hall", INBOX);
    for (const name of [LOBBY, "chat:hall", INBOX]) hub.publish(name, {});
    await settle();
    expect(ears.map((ear) => ear.told.at(-1))).toEqual([1, 1, 1]);
    expect(hub.sockets.map((socket) => socket.url)).toEqual(["ws://hub.example/connection/websocket"]);
  });

  test("it begins after the position that was asked for", async () => {
    for (const data of ["a", "b", "c"]) hub.publish(LOBBY, data);
    const connection = new HubConnection(checkAccess);
    const ear = new Ear();
    connection.read(LOBBY, { epoch: "e1", offset: 1 }, ear);
    await settle();
    expect(ear.told).toEqual(["connecting", "connecting", "resumed at 1", 2, 3]);
  });

  test("an event has the type of its tag, and none means a plain message; an ephemeral one has no offset", async () => {
    const connection = new HubConnection(checkAccess);
    const events: StreamEvent[] = [];
    connection.read(LOBBY, START, Object.assign(new Ear(), { event: (event: StreamEvent) => events.push(event) }));
    await settle();
    hub.publish(LOBBY, { body: "hi" });
    hub.publish(LOBBY, 7, "message");
    hub.publishEphemeral(LOBBY, "typing", {});
    await settle();
    expect(events).toEqual([
      { offset: 1, type: "message.created", data: { body: "hi" } },
      { offset: 2, type: "message", data: 7 },
      { offset: null, type: "typing", data: {} },
    ]);
  });

  test("a position that cannot be resumed is told, with where the stream stands", async () => {
    hub.publish(LOBBY, {});
    hub.stream(LOBBY).epoch = "e2";
    const { ears } = await open(LOBBY);
    expect(ears[0]?.told.at(-1)).toBe("joined at 1");
  });

  test("a stream that was left says nothing more, and can be read again", async () => {
    const connection = new HubConnection(checkAccess);
    const [first, second] = [new Ear(), new Ear()];
    const leave = connection.read(LOBBY, START, first);
    await settle();
    leave();
    const told = first.told.length;
    connection.read(LOBBY, START, second);
    hub.publish(LOBBY, {});
    await settle();
    hub.close(3001);
    await settle();
    expect(first.told).toHaveLength(told);
    expect(second.told).toContain(1);
  });

  test("an inbox that is asked for late is told where it stands by then", async () => {
    hub.given.push(INBOX);
    const { connection } = await open();
    hub.publish(INBOX, {});
    await settle();
    const ear = new Ear();
    connection.read(INBOX, START, ear);
    expect(ear.told).toEqual(["connecting", "joined at 1"]);
  });
});

describe("a drop", () => {
  test("is told, and the connection comes back by itself where it ended", async () => {
    hub.given.push(INBOX);
    const { ears } = await open(LOBBY, INBOX);
    for (const name of [LOBBY, INBOX]) hub.publish(name, {});
    await settle();
    hub.close(1006);
    expect(ears.map((ear) => ear.last)).toEqual([
      { kind: "waiting", offline: false },
      { kind: "waiting", offline: false },
    ]);
    for (const name of [LOBBY, INBOX]) hub.publish(name, {});
    await settle(LATER);
    for (const ear of ears) expect(ear.told.slice(-4)).toEqual(["waiting", "connecting", "resumed at 1", 2]);
    expect(hub.open).toHaveLength(1);
  });

  test("of a network that comes back ends the wait at once", async () => {
    const { ears } = await open(LOBBY);
    hub.refusing = 1006;
    Object.assign(navigator, { onLine: false });
    window.dispatchEvent(new Event("offline"));
    await settle(2 * LATER);
    expect(ears[0]?.last).toEqual({ kind: "waiting", offline: true });
    hub.refusing = null;
    Object.assign(navigator, { onLine: true });
    window.dispatchEvent(new Event("online"));
    await settle();
    expect(ears[0]?.last).toEqual({ kind: "live" });
  });

  test("of a hub that was away for long is over within seconds of its return", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    const { ears } = await open(LOBBY);
    hub.refusing = 1006;
    hub.close(1006);
    // The last attempt may have been just before it is back.
    const attempts = hub.sockets.length + 10;
    for (let waited = 0; waited < 10 * LATER && hub.sockets.length < attempts; waited += 100) await settle(100);
    hub.refusing = null;
    await settle(5_000);
    expect(ears[0]?.last).toEqual({ kind: "live" });
  });

  test("says whether it is for want of a network", async () => {
    const { ears } = await open(LOBBY);
    hub.refusing = 1006;
    hub.close(1006);
    for (const offline of [true, false]) {
      Object.assign(navigator, { onLine: !offline });
      window.dispatchEvent(new Event(offline ? "offline" : "online"));
      expect(ears[0]?.last).toEqual({ kind: "waiting", offline });
    }
  });

  test("is not waited out by somebody who looks at the page again", async () => {
    const { ears } = await open(LOBBY);
    hub.refusing = 1006;
    hub.close(1006);
    await settle(2 * LATER);
    hub.refusing = null;
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(ears[0]?.last).toEqual({ kind: "live" });
  });

  test("that only sleep can explain is taken for one", async () => {
    const { ears } = await open(LOBBY);
    vi.setSystemTime(Date.now() + 600_000);
    await settle(10_000);
    expect(ears[0]?.told.slice(-3)).toEqual(["waiting", "connecting", "resumed at 0"]);
    expect(hub.sockets).toHaveLength(2);
  });
});

describe("a first connection that does not get through", () => {
  test("is not told while another transport may", async () => {
    hub.refusing = 1006;
    vi.stubGlobal("fetch", () => new Promise(() => undefined));
    const { ears } = await open(LOBBY);
    await settle(1_000);
    expect(ears[0]?.told).toEqual(["connecting"]);
  });

  test("is told when every transport was tried", async () => {
    hub.refusing = 1006;
    const { ears } = await open(LOBBY);
    await settle(100);
    expect(ears[0]?.last).toEqual({ kind: "waiting", offline: false });
    hub.refusing = null;
    await settle(4 * LATER);
    expect(ears[0]?.last).toEqual({ kind: "live" });
  });
});

describe("the end", () => {
  test("of a right closes its stream alone", async () => {
    const { ears } = await open(LOBBY, "chat:hall");
    hub.unsubscribe(LOBBY, 2103);
    await settle();
    expect(ears[0]?.last).toEqual({ kind: "closed", reason: "You may not read this." });
    expect(ears[1]?.last).toEqual({ kind: "live" });
    hub.close(1006);
    await settle(LATER);
    expect(ears.map((ear) => ear.last?.kind)).toEqual(["closed", "live"]);
  });

  test("of a right that was lost meanwhile is told on the way back", async () => {
    const { ears } = await open(LOBBY);
    hub.forbidden.add(LOBBY);
    hub.close(3001);
    await settle(LATER);
    expect(ears[0]?.last).toEqual({ kind: "closed", reason: "You may not read this." });
  });

  test("of a subscription that the hub cannot keep is none", async () => {
    const { ears } = await open(LOBBY);
    hub.unsubscribe(LOBBY, 2500);
    await settle();
    expect(ears[0]?.told.slice(-2)).toEqual(["connecting", "resumed at 0"]);
  });

  test("of the login ends everything, and asks who the user is", async () => {
    hub.given.push(INBOX);
    const { connection, ears } = await open(LOBBY, INBOX);
    hub.close(3500);
    await settle(LATER);
    const ended = { kind: "ended", reason: "You are no longer logged in." };
    expect(ears.map((ear) => ear.last)).toEqual([ended, ended]);
    expect(checkAccess).toHaveBeenCalledTimes(1);
    expect(hub.sockets).toHaveLength(1);
    connection.retryNow();
    await settle();
    expect(ears.map((ear) => ear.last)).toEqual([{ kind: "live" }, { kind: "live" }]);
  });
});
