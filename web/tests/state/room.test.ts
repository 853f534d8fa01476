import { describe, expect, test } from "vitest";
import type { Message, Room } from "../../src/api/types.ts";
import type { StreamEvent } from "../../src/connection/stream.ts";
import { EMPTY_ROOM, reduceRoom, type RoomState } from "../../src/state/room.ts";
import { TYPING_MS } from "../../src/state/room-events.ts";
import { ANN, BOB, event, LOBBY, message, messagePage } from "./samples.ts";

const ME = ANN.id;
const NOW = 1_000_000;

function snapshot(
  offset: number,
  messages: readonly Message[],
  room: Room = LOBBY,
  older: number | null = null,
): RoomState {
  return reduceRoom(EMPTY_ROOM, { kind: "snapshot", room, page: messagePage(offset, messages, older) });
}

function apply(state: RoomState, ...events: readonly StreamEvent[]): RoomState {
  return events.reduce((current, one) => reduceRoom(current, { kind: "event", event: one, me: ME, now: NOW }), state);
}

/** What a reader sees, without the memory of how it came about. */
function shown({ recent: _, ...rest }: RoomState): object {
  return rest;
}

describe("a snapshot and later events equal a fresh snapshot", () => {
  const before = [message(1), message(2)];
  const edited = message(2, { body: "better", edited_at: "2026-01-02T03:05:00.000Z" });
  const { is_member: _, ...closed } = { ...LOBBY, title: "Hall", is_closed: true };

  test.each<[string, StreamEvent[], Message[], Room]>([
    ["message.created", [event(11, "message.created", message(3))], [...before, message(3)], LOBBY],
    ["message.updated", [event(11, "message.updated", edited)], [message(1), edited], LOBBY],
    ["message.deleted", [event(11, "message.deleted", { id: 1 })], [message(2)], LOBBY],
    ["room.updated", [event(11, "room.updated", closed)], before, { ...LOBBY, ...closed }],
    ["member.left", [event(11, "member.left", { user: ANN })], before, { ...LOBBY, is_member: false }],
    ["member.joined", [event(11, "member.joined", { user: BOB })], before, LOBBY],
    ["a newer hub's event", [event(11, "poll.opened", { id: 1 })], before, LOBBY],
  ])("%s", (_name, events, messages, room) => {
    expect(shown(apply(snapshot(10, before), ...events))).toEqual(shown(snapshot(11, messages, room)));
  });

  test("joining", () => {
    const outside = snapshot(10, before, { ...LOBBY, is_member: false });
    expect(shown(apply(outside, event(11, "member.joined", { user: ANN })))).toEqual(shown(snapshot(11, before)));
  });

  test("a whole story", () => {
    const story = [
      event(11, "message.created", message(3)),
      event(12, "message.updated", edited),
      event(13, "message.deleted", { id: 3 }),
      event(14, "message.created", message(4)),
    ];
    expect(shown(apply(snapshot(10, before), ...story))).toEqual(shown(snapshot(14, [message(1), edited, message(4)])));
  });
});

describe("an event that the position covers changes nothing", () => {
  test.each<[string, unknown]>([
    ["message.created", message(9)],
    ["message.updated", message(1, { body: "older" })],
    ["message.deleted", { id: 1 }],
    ["room.updated", { ...LOBBY, title: "Old" }],
    ["room.deleted", { slug: "lobby" }],
    ["member.left", { user: ANN }],
  ])("%s", (type, data) => {
    const state = snapshot(10, [message(1)]);
    expect(apply(state, event(10, type, data), event(3, type, data))).toBe(state);
  });

  test("the same event twice counts once", () => {
    const twice = event(11, "message.created", message(2));
    expect(apply(snapshot(10, [message(1)]), twice, twice).messages).toHaveLength(2);
  });

  test("an event before the first snapshot", () => {
    expect(apply(EMPTY_ROOM, event(1, "message.created", message(1)))).toBe(EMPTY_ROOM);
  });
});

test("a deleted room is told from an empty one", () => {
  expect(apply(snapshot(10, []), event(11, "room.deleted", { slug: "lobby" })).deleted).toBe(true);
});

test("an update or deletion of a message that is not shown yet changes no message", () => {
  const state = snapshot(10, [message(5)]);
  const after = apply(state, event(11, "message.updated", message(1)), event(12, "message.deleted", { id: 2 }));
  expect(after.messages).toEqual(state.messages);
});

describe("typing", () => {
  const typing = event(null, "typing", { user: BOB });

  test("shows for a while and ends by itself", () => {
    const state = apply(snapshot(10, []), typing);
    expect(state.typing).toEqual([{ user: BOB, until: NOW + TYPING_MS }]);
    expect(state.position?.offset).toBe(10);
    expect(reduceRoom(state, { kind: "clock", now: NOW + TYPING_MS - 1 }).typing).toHaveLength(1);
    expect(reduceRoom(state, { kind: "clock", now: NOW + TYPING_MS }).typing).toHaveLength(0);
  });

  test("shows each person once, and not oneself", () => {
    const state = apply(snapshot(10, []), typing, typing, event(null, "typing", { user: ANN }));
    expect(state.typing.map((one) => one.user)).toEqual([BOB]);
  });

  test("ends with the message", () => {
    expect(apply(snapshot(10, []), typing, event(11, "message.created", message(1))).typing).toEqual([]);
  });
});

describe("older messages", () => {
  const state = snapshot(10, [message(5), message(6)], LOBBY, 5);

  test("come before those that are there", () => {
    const page = messagePage(10, [message(3), message(4)], 3);
    const after = reduceRoom(state, { kind: "older", page });
    expect(after.messages.map((one) => one.id)).toEqual([3, 4, 5, 6]);
    expect(after.older).toBe(3);
  });

  test("follow events that were faster than their page", () => {
    const ahead = apply(
      state,
      event(11, "message.deleted", { id: 3 }),
      event(12, "message.updated", message(4, { body: "new" })),
    );
    const page = messagePage(10, [message(3), message(4)]);
    const after = reduceRoom(ahead, { kind: "older", page });
    expect(after.messages.map((one) => one.body)).toEqual(["new", "message 5", "message 6"]);
  });

  test("keep what is newer in them than those events", () => {
    const ahead = apply(state, event(11, "message.updated", message(4, { body: "new" })));
    const page = messagePage(12, [message(4, { body: "newest" })]);
    expect(reduceRoom(ahead, { kind: "older", page }).messages[0]?.body).toBe("newest");
  });
});

test("a fresh snapshot replaces everything but what is on its way out", () => {
  const posting = reduceRoom(snapshot(10, [message(1)]), { kind: "posting", key: "k", body: "hi", at: "" });
  const after = reduceRoom(posting, { kind: "snapshot", room: LOBBY, page: messagePage(3, [message(8)]) });
  expect(after.messages).toEqual([message(8)]);
  expect(after.outgoing.map((one) => one.key)).toEqual(["k"]);
});
