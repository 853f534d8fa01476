import { expect, test } from "vitest";
import { address, internalRoute, readRoute } from "../../src/routing/route.ts";

test.each([
  ["", { room: null, inbox: false }],
  ["?room=lobby", { room: "lobby", inbox: false }],
  ["?room=lobby&show=inbox", { room: "lobby", inbox: true }],
  ["?room=", { room: null, inbox: false }],
])("%j is read as %o", (search, route) => {
  expect(readRoute(search)).toEqual(route);
});

test.each([
  { room: null, inbox: false },
  { room: "lobby", inbox: true },
  { room: "a b&c", inbox: false },
])("%o comes back from its address", (route) => {
  expect(readRoute(address(route).slice(1))).toEqual(route);
});

test("a link to a room of this site is followed within the page", () => {
  const page = "https://hub.example/?room=lobby";
  expect(internalRoute("/?room=support", page)).toEqual({ room: "support", inbox: false });
  expect(internalRoute("https://hub.example/?room=support", page)?.room).toBe("support");
});

test.each(["/admin/", "/", "https://other.example/?room=lobby", "//other.example/?room=x", "mailto:x@y.example"])(
  "%j is left to the browser",
  (href) => {
    expect(internalRoute(href, "https://hub.example/")).toBeNull();
  },
);
