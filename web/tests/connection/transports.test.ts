import { expect, test } from "vitest";
import { transports } from "../../src/connection/link.ts";

test("what may be blocked least comes last", () => {
  expect(transports("http://hub.example:8000/?room=lobby")).toEqual([
    { transport: "websocket", endpoint: "ws://hub.example:8000/connection/websocket" },
    { transport: "http_stream", endpoint: "http://hub.example:8000/connection/http_stream" },
    { transport: "sse", endpoint: "http://hub.example:8000/connection/sse" },
  ]);
});

test("a page over https connects over wss", () => {
  expect(transports("https://hub.example/")[0]?.endpoint).toBe("wss://hub.example/connection/websocket");
});
