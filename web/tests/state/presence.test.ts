import { describe, expect, test } from "vitest";
import type { User } from "../../src/api/types.ts";
import { fromAnswer, type Presence, type PresenceAnswer, withoutUser, withUser } from "../../src/state/presence.ts";
import { EMPTY_ROOM, reduceRoom, type RoomState } from "../../src/state/room.ts";
import { TYPING_MS } from "../../src/state/room-events.ts";
import { ANN, BOB, event, LOBBY, messagePage } from "./samples.ts";

function answer(users: readonly User[], total = users.length): PresenceAnswer {
  const listed = users.map((user) => ({ user, connections: 1 }));
  return { users: listed, total, connections: total, complete: users.length === total };
}

const BOTH: Presence = { users: [ANN, BOB], total: 2 };
const CROWD: Presence = { users: [ANN], total: 900 };

describe("what is known of a room", () => {
  test("begins with an answer", () => {
    expect(fromAnswer(answer([ANN, BOB]))).toEqual(BOTH);
    expect(fromAnswer(answer([ANN], 900))).toEqual(CROWD);
  });

  test.each<[string, Presence | null, Presence | null]>([
    ["adds who comes", withUser({ users: [ANN], total: 1 }, BOB), BOTH],
    ["counts each person once", withUser(BOTH, BOB), BOTH],
    ["takes away who leaves", withoutUser(BOTH, BOB), { users: [ANN], total: 1 }],
    ["takes nobody away twice", withoutUser({ users: [ANN], total: 1 }, BOB), { users: [ANN], total: 1 }],
    ["counts those of a large room without naming them", withUser(CROWD, BOB), { users: [ANN], total: 901 }],
    ["takes those away who were not named", withoutUser(CROWD, BOB), { users: [ANN], total: 899 }],
    ["takes those away who were named", withoutUser(CROWD, ANN), { users: [], total: 899 }],
    ["is not known by one who comes", withUser(null, BOB), null],
    ["is not known by one who leaves", withoutUser(null, BOB), null],
  ])("%s", (_name, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe("in a room", () => {
  const empty = reduceRoom(EMPTY_ROOM, { kind: "snapshot", room: LOBBY, page: messagePage(10, []) });
  const known = reduceRoom(empty, { kind: "presence", answer: answer([ANN]) });

  function apply(state: RoomState, type: string, data: unknown): RoomState {
    return reduceRoom(state, { kind: "event", event: event(null, type, data), me: ANN.id, now: 0 });
  }

  test("people come and go, and the position stays", () => {
    const joined = apply(known, "presence.joined", { user: BOB });
    expect(joined.presence).toEqual(BOTH);
    expect(apply(joined, "presence.left", { user: { id: BOB.id } }).presence).toEqual({ users: [ANN], total: 1 });
    expect(joined.position).toEqual(known.position);
  });

  test("the whole replaces all that was known", () => {
    expect(apply(known, "presence.changed", answer([ANN, BOB])).presence).toEqual(BOTH);
    expect(apply(empty, "presence.changed", answer([ANN], 900)).presence).toEqual(CROWD);
  });

  test("whoever leaves is typing no longer", () => {
    const typing = apply(known, "typing", { user: BOB });
    expect(typing.typing).toEqual([{ user: BOB, until: TYPING_MS }]);
    expect(apply(typing, "presence.left", { user: BOB }).typing).toEqual([]);
  });

  test("it may become unknown", () => {
    expect(reduceRoom(known, { kind: "presence", answer: null }).presence).toBeNull();
  });
});
