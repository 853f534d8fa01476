import { describe, expect, test } from "vitest";
import type { Notification } from "../../src/api/types.ts";
import type { StreamEvent } from "../../src/connection/stream.ts";
import { EMPTY_INBOX, reduceInbox, type InboxState } from "../../src/state/inbox.ts";
import { AT, event, notification, notificationPage } from "./samples.ts";

function snapshot(
  offset: number,
  unread: number,
  results: readonly Notification[],
  older: number | null = null,
): InboxState {
  return reduceInbox(EMPTY_INBOX, { kind: "snapshot", page: notificationPage(offset, unread, results, older) });
}

function apply(state: InboxState, ...events: readonly StreamEvent[]): InboxState {
  return events.reduce((current, one) => reduceInbox(current, { kind: "event", event: one }), state);
}

/** What a reader sees, without the memory of how it came about. */
function shown({ recent: _, ...rest }: InboxState): object {
  return rest;
}

const read = (id: number): Notification => notification(id, { read_at: AT });
const BEFORE = [notification(3), notification(2), read(1)];

describe("a snapshot and later events equal a fresh snapshot", () => {
  test.each<[string, StreamEvent[], number, Notification[]]>([
    [
      "notification.created",
      [event(11, "notification.created", { notification: notification(4), unread: 3 })],
      3,
      [notification(4), ...BEFORE],
    ],
    [
      "a muted notification.created",
      [event(11, "notification.created", { notification: read(4), unread: 2 })],
      2,
      [read(4), ...BEFORE],
    ],
    [
      "notification.updated",
      [event(11, "notification.updated", { notification: notification(2, { title: "new" }), unread: 2 })],
      2,
      [notification(3), notification(2, { title: "new" }), read(1)],
    ],
    [
      "notification.read",
      [event(11, "notification.read", { id: 3, read_at: AT, unread: 1 })],
      1,
      [read(3), notification(2), read(1)],
    ],
    [
      "notification.read_all",
      [event(11, "notification.read_all", { through: 3, read_at: AT, unread: 0 })],
      0,
      [read(3), read(2), read(1)],
    ],
    ["notification.deleted", [event(11, "notification.deleted", { id: 2, unread: 1 })], 1, [notification(3), read(1)]],
    ["a newer hub's event", [event(11, "notification.snoozed", { id: 2 })], 2, BEFORE],
  ])("%s", (_name, events, unread, notifications) => {
    expect(shown(apply(snapshot(10, 2, BEFORE), ...events))).toEqual(shown(snapshot(11, unread, notifications)));
  });

  test("what comes in after everything was read stays unread", () => {
    const story = [
      event(11, "notification.read_all", { through: 3, read_at: AT, unread: 0 }),
      event(12, "notification.created", { notification: notification(4), unread: 1 }),
    ];
    const fresh = snapshot(12, 1, [notification(4), read(3), read(2), read(1)]);
    expect(shown(apply(snapshot(10, 2, BEFORE), ...story))).toEqual(shown(fresh));
  });

  test("reading everything in an empty inbox", () => {
    const after = apply(
      snapshot(10, 0, []),
      event(11, "notification.read_all", { through: null, read_at: AT, unread: 0 }),
    );
    expect(shown(after)).toEqual(shown(snapshot(11, 0, [])));
  });
});

describe("an event that the position covers changes nothing", () => {
  test.each<[string, unknown]>([
    ["notification.created", { notification: notification(9), unread: 9 }],
    ["notification.updated", { notification: notification(2, { title: "older" }), unread: 9 }],
    ["notification.read", { id: 2, read_at: AT, unread: 9 }],
    ["notification.read_all", { through: 3, read_at: AT, unread: 9 }],
    ["notification.deleted", { id: 2, unread: 9 }],
  ])("%s", (type, data) => {
    const state = snapshot(10, 2, BEFORE);
    expect(apply(state, event(10, type, data), event(4, type, data))).toBe(state);
  });

  test("the same event twice counts once", () => {
    const twice = event(11, "notification.created", { notification: notification(4), unread: 3 });
    const state = apply(snapshot(10, 2, BEFORE), twice, twice);
    expect([state.unread, state.notifications.length]).toEqual([3, 4]);
  });
});

test("a page of older notifications follows events that were faster, and leaves the count alone", () => {
  const ahead = apply(
    snapshot(10, 2, [notification(5)], 5),
    event(11, "notification.deleted", { id: 3, unread: 1 }),
    event(12, "notification.read", { id: 4, read_at: AT, unread: 0 }),
  );
  const page = notificationPage(10, 2, [notification(4), notification(3)], 3);
  const after = reduceInbox(ahead, { kind: "older", page });
  expect(after.notifications).toEqual([notification(5), read(4)]);
  expect([after.unread, after.older]).toEqual([0, 3]);
});
