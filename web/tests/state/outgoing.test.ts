import { expect, test } from "vitest";
import { EMPTY_ROOM, reduceRoom, type RoomAction, type RoomState } from "../../src/state/room.ts";
import { ANN, BOB, event, LOBBY, message, messagePage } from "./samples.ts";

const EMPTY = reduceRoom(EMPTY_ROOM, { kind: "snapshot", room: LOBBY, page: messagePage(0, []) });
const MINE = message(1, { author: ANN, body: "hi" });
const POSTING: RoomAction = { kind: "posting", key: "k", body: "hi", at: "" };
const POSTED: RoomAction = { kind: "posted", key: "k", message: MINE };
const CREATED = created(1, MINE);

function created(offset: number, data: unknown): RoomAction {
  return { kind: "event", event: event(offset, "message.created", data), me: ANN.id, now: 0 };
}

function run(...actions: readonly RoomAction[]): RoomState {
  return actions.reduce(reduceRoom, EMPTY);
}

/** The texts that a reader sees, those on their way with a mark. */
function seen(state: RoomState): string[] {
  const waiting = state.outgoing.filter((one) => one.shownAs === null);
  return [...state.messages.map((one) => one.body), ...waiting.map((one) => `${one.body}…`)];
}

test("what is written shows at once, and as a message when it is answered", () => {
  expect(seen(run(POSTING))).toEqual(["hi…"]);
  expect(seen(run(POSTING, POSTED))).toEqual(["hi"]);
});

test("it shows once, whichever of answer and event comes first", () => {
  expect(seen(run(POSTING, CREATED))).toEqual(["hi"]);
  expect(seen(run(POSTING, CREATED, POSTED))).toEqual(["hi"]);
  expect(seen(run(POSTING, POSTED, CREATED))).toEqual(["hi"]);
});

test("somebody else's message with the same words is another one", () => {
  expect(seen(run(POSTING, created(1, message(1, { author: BOB, body: "hi" }))))).toEqual(["hi", "hi…"]);
});

test("the same words from another device of mine do not swallow what is on its way", () => {
  const other = created(1, message(9, { author: ANN, body: "hi" }));
  const mine: RoomAction = { kind: "posted", key: "k", message: message(10, { author: ANN, body: "hi" }) };
  expect(seen(run(POSTING, other, mine))).toEqual(["hi", "hi"]);
});

test("what the hub refuses stays, with the reason, until it is sent again or discarded", () => {
  const refused: RoomAction = { kind: "refused", key: "k", problem: "Room is closed." };
  expect(run(POSTING, refused).outgoing[0]?.problem).toBe("Room is closed.");
  expect(run(POSTING, refused, POSTING).outgoing).toHaveLength(1);
  expect(run(POSTING, refused, POSTING).outgoing[0]?.problem).toBeNull();
  expect(run(POSTING, refused, { kind: "discarded", key: "k" }).outgoing).toEqual([]);
});

test("an answer that comes after the message's deletion does not bring it back", () => {
  const deleted: RoomAction = { kind: "event", event: event(2, "message.deleted", { id: 1 }), me: ANN.id, now: 0 };
  expect(seen(run(POSTING, CREATED, deleted, POSTED))).toEqual([]);
});

test("an answer that comes after an edit does not undo it", () => {
  const edit = message(1, { author: ANN, body: "hello" });
  const updated: RoomAction = { kind: "event", event: event(2, "message.updated", edit), me: ANN.id, now: 0 };
  expect(seen(run(POSTING, CREATED, updated, POSTED))).toEqual(["hello"]);
});
