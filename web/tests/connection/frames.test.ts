import { expect, test } from "vitest";
import { readFrame, writeCommand } from "../../src/connection/frames.ts";

test("a hello is read", () => {
  const text = '{"hello":{"stream":"chat:lobby","epoch":"x1","offset":41,"recovered":true,"user":"demo"}}';
  expect(readFrame(text)).toEqual({ kind: "hello", hello: { epoch: "x1", offset: 41, recovered: true } });
});

test("an event is read with its offset, an ephemeral one with none", () => {
  const at = "2026-01-02T03:04:05.678Z";
  expect(readFrame(`{"offset":42,"type":"message.deleted","at":"${at}","data":{"id":7}}`)).toEqual({
    kind: "event",
    event: { offset: 42, type: "message.deleted", at, data: { id: 7 } },
  });
  expect(readFrame(`{"type":"typing","at":"${at}","data":{}}`)).toEqual({
    kind: "event",
    event: { offset: null, type: "typing", at, data: {} },
  });
});

test("a result and an error answer the command of their id", () => {
  expect(readFrame('{"id":"c1","result":{"id":7}}')).toEqual({ kind: "result", id: "c1", result: { id: 7 } });
  expect(readFrame('{"id":"c1","error":{"code":111,"message":"too many requests","temporary":true}}')).toEqual({
    kind: "error",
    id: "c1",
    error: { code: 111, message: "too many requests", temporary: true },
  });
});

test("an error without an id answers no command", () => {
  expect(readFrame('{"error":{"code":107,"message":"bad request"}}')).toMatchObject({ kind: "error", id: null });
});

test.each(["", "not json", "[]", "7", "null", '{"something":"new"}'])("%j is passed over", (text) => {
  expect(readFrame(text)).toBeNull();
});

test("a command is written as one JSON object", () => {
  const text = '{"id":"c1","command":"message.post","data":{"body":"hi"}}';
  expect(writeCommand("c1", "message.post", { body: "hi" })).toBe(text);
});
