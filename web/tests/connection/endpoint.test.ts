import { expect, test } from "vitest";
import { endpoint } from "../../src/connection/endpoint.ts";

const position = { epoch: "a b&c", offset: 41 };

test("a room's stream has an address of its own, with the position in it", () => {
  const url = endpoint("http://hub.example:8000/?room=lobby", "chat:lobby", position);
  expect(url).toBe("ws://hub.example:8000/ws/chat/lobby/?since=41&epoch=a+b%26c");
});

test("a page over https connects over wss", () => {
  expect(endpoint("https://hub.example/", "inbox#1", position)).toMatch(/^wss:\/\/hub\.example\/ws\/notifications\//);
});

test("a stream that has no address is named in the error", () => {
  expect(() => endpoint("https://hub.example/", "topic:x", position)).toThrow('got "topic:x"');
});
