import { describe, expect, test } from "vitest";
import type { User } from "../../src/api/types.ts";
import {
  afterAnswer,
  afterChange,
  MAX_CHANGES,
  type Presence,
  type PresenceAnswer,
  type PresenceState,
  UNKNOWN,
} from "../../src/state/presence.ts";
import { EMPTY_ROOM, reduceRoom, type RoomState } from "../../src/state/room.ts";
import { TYPING_MS } from "../../src/state/room-events.ts";
import { ANN, BOB, event, LOBBY, messagePage } from "./samples.ts";

function answer(users: readonly User[], number = 0, total = users.length, epoch = "e"): PresenceAnswer {
  const listed = users.map((user) => ({ user, connections: 1 }));
  return { users: listed, total, connections: total, complete: users.length === total, epoch, number };
}

function joined(state: PresenceState, user: User, number: number, epoch = "e"): PresenceState {
  return afterChange(state, { user, epoch, number }, true);
}

function left(state: PresenceState, user: User, number: number, epoch = "e"): PresenceState {
  return afterChange(state, { user, epoch, number }, false);
}

const ONE = afterAnswer(UNKNOWN, answer([ANN], 5));
const BOTH = afterAnswer(UNKNOWN, answer([ANN, BOB], 5));
const CROWD = afterAnswer(UNKNOWN, answer([ANN], 5, 900));

describe("what is known of a room", () => {
  test.each<[string, PresenceState, Presence | null]>([
    ["begins with an answer", BOTH, { users: [ANN, BOB], total: 2 }],
    ["may be part of a large room", CROWD, { users: [ANN], total: 900 }],
    ["adds who comes", joined(ONE, BOB, 6), { users: [ANN, BOB], total: 2 }],
    ["counts each person once", joined(BOTH, BOB, 6), { users: [ANN, BOB], total: 2 }],
    ["takes away who leaves", left(BOTH, BOB, 6), { users: [ANN], total: 1 }],
    ["takes nobody away twice", left(ONE, BOB, 6), { users: [ANN], total: 1 }],
    ["counts those of a large room without naming them", joined(CROWD, BOB, 6), { users: [ANN], total: 901 }],
    ["takes those away who were not named", left(CROWD, BOB, 6), { users: [ANN], total: 899 }],
    ["takes those away who were named", left(CROWD, ANN, 6), { users: [], total: 899 }],
    ["is not known by one who comes", joined(UNKNOWN, BOB, 6), null],
    ["is not known by one who leaves", left(UNKNOWN, BOB, 6), null],
    ["becomes unknown", afterAnswer(BOTH, null), null],
    ["has no use for what the answer has already", left(BOTH, BOB, 5), { users: [ANN, BOB], total: 2 }],
    ["counts a doubled event once", joined(joined(CROWD, BOB, 6), BOB, 6), { users: [ANN], total: 901 }],
    ["keeps what came before the answer", afterAnswer(joined(UNKNOWN, BOB, 6), answer([ANN], 5)), joined(ONE, BOB, 6).shown],
    ["keeps the newer of two answers", afterAnswer(BOTH, answer([], 4)), BOTH.shown],
    ["sees through a leave that overtakes its join", joined(left(ONE, BOB, 7), BOB, 6), ONE.shown],
    ["sees through it in a large room", joined(left(CROWD, BOB, 7), BOB, 6), CROWD.shown],
  ])("%s", (_name, state, expected) => {
    expect(state.shown).toEqual(expected);
  });

  test("begins anew with another epoch, however small its numbers", () => {
    const anew = joined(afterAnswer(BOTH, answer([ANN], 1, 1, "f")), BOB, 2, "f");
    expect(anew.shown).toEqual({ users: [ANN, BOB], total: 2 });
    // What still comes of the former life changes nothing.
    expect(left(anew, ANN, 9).shown).toEqual(anew.shown);
    expect(afterAnswer(anew, answer([], 9)).shown).toEqual(anew.shown);
  });

  test("waits for an answer of the epoch that an event is of", () => {
    const early = joined(ONE, BOB, 1, "f");
    expect(early.shown).toEqual(ONE.shown);
    expect(afterAnswer(early, answer([ANN], 0, 1, "f")).shown).toEqual({ users: [ANN, BOB], total: 2 });
  });

  test("keeps a bounded number of changes, and forgets none", () => {
    let state = afterAnswer(UNKNOWN, answer([], 0));
    for (let number = 1; number <= MAX_CHANGES * 2; number++) state = joined(state, { ...BOB, id: number }, number);
    expect(state.changes).toHaveLength(MAX_CHANGES);
    expect(state.shown?.total).toBe(MAX_CHANGES * 2);
  });
});

/** Numbers in [0, below) that are the same each time (a linear congruential generator). */
function dice(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Told = (state: PresenceState) => PresenceState;

/** People come and go, and somebody asks now and then: return what is told of it, and who is there at last. */
function history(roll: (below: number) => number, epoch: string): { events: Told[]; answers: Told[]; truth: number[] } {
  const there = new Set<number>();
  const events: Told[] = [];
  const answers: Told[] = [];
  const ask = (number: number): void => {
    const found = answer([...there].map((id) => ({ ...BOB, id })), number, there.size, epoch);
    answers.push((state) => afterAnswer(state, found));
  };
  const asked = roll(12);
  for (let number = 1; number <= 12; number++) {
    const user = { ...BOB, id: 1 + roll(4) };
    const comes = !there.delete(user.id);
    if (comes) there.add(user.id);
    events.push((state) => afterChange(state, { user, epoch, number }, comes));
    if (number > asked || roll(4) === 0) ask(number);
    if (number - asked > 2) break;
  }
  return { events, answers, truth: [...there].sort() };
}

function shuffled(told: readonly Told[], roll: (below: number) => number): Told[] {
  const rest = [...told];
  return told.map(() => rest.splice(roll(rest.length), 1)[0] as Told);
}

function idsOf(state: PresenceState): number[] | undefined {
  return state.shown?.users.map((user) => user.id).sort();
}

describe("in whatever order it is told", () => {
  test("events and answers end in the truth, some of them twice", () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const roll = dice(seed);
      const { events, answers, truth } = history(roll, "e");
      // Any one answer is enough, be it the oldest.
      const heard = shuffled(answers, roll).slice(0, 1 + roll(answers.length));
      const told = shuffled([...events, ...heard, ...events.slice(roll(events.length))], roll);
      const end = told.reduce((state, tell) => tell(state), UNKNOWN);
      expect(idsOf(end), `seed ${seed}`).toEqual(truth);
      expect(end.shown?.total).toBe(truth.length);
    }
  });

  test("they do so when Redis loses everything in between", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const roll = dice(seed);
      const before = history(roll, "e");
      const after = history(roll, "f");
      // Answers come in the order of the lives: for seconds nothing is known in between. Events come as they like.
      const answers = [...shuffled(before.answers, roll), ...shuffled(after.answers, roll)];
      const told = [...answers];
      for (const one of [...before.events, ...after.events]) told.splice(roll(told.length + 1), 0, one);
      const end = told.reduce((state, tell) => tell(state), UNKNOWN);
      expect(idsOf(end), `seed ${seed}`).toEqual(after.truth);
    }
  });
});

describe("in a room", () => {
  const empty = reduceRoom(EMPTY_ROOM, { kind: "snapshot", room: LOBBY, page: messagePage(10, []) });
  const known = reduceRoom(empty, { kind: "presence", answer: answer([ANN]) });

  function apply(state: RoomState, type: string, data: unknown): RoomState {
    return reduceRoom(state, { kind: "event", event: event(null, type, data), me: ANN.id, now: 0 });
  }

  test("people come and go, and the position stays", () => {
    const joined = apply(known, "presence.joined", { user: BOB, epoch: "e", number: 1 });
    expect(joined.presence.shown).toEqual({ users: [ANN, BOB], total: 2 });
    const left = apply(joined, "presence.left", { user: { id: BOB.id }, epoch: "e", number: 2 });
    expect(left.presence.shown).toEqual({ users: [ANN], total: 1 });
    expect(joined.position).toEqual(known.position);
  });

  test("the whole replaces all that was known", () => {
    const both = apply(known, "presence.changed", answer([ANN, BOB], 1));
    expect(both.presence.shown).toEqual({ users: [ANN, BOB], total: 2 });
    expect(apply(empty, "presence.changed", answer([ANN], 1, 900)).presence.shown).toEqual({ users: [ANN], total: 900 });
  });

  test("whoever leaves is typing no longer", () => {
    const typing = apply(known, "typing", { user: BOB });
    expect(typing.typing).toEqual([{ user: BOB, until: TYPING_MS }]);
    expect(apply(typing, "presence.left", { user: BOB, epoch: "e", number: 1 }).typing).toEqual([]);
  });

  test("it may become unknown", () => {
    expect(reduceRoom(known, { kind: "presence", answer: null }).presence.shown).toBeNull();
  });
});
