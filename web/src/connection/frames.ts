/** The plain wire format, one JSON object a frame: reading what the hub sends, writing what it is asked. */

import type { Hello } from "./cursor.ts";
import type { StreamEvent } from "./stream.ts";

export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly temporary: boolean;
}

export type Frame =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "event"; readonly event: StreamEvent }
  | { readonly kind: "result"; readonly id: string; readonly result: unknown }
  /** `id` is null when the error answers no command. */
  | { readonly kind: "error"; readonly id: string | null; readonly error: WireError };

/** Read a frame. Returns null for what this client does not know: a newer hub may say more. */
export function readFrame(text: string): Frame | null {
  const message = parseObject(text);
  if (message === null) return null;
  const id = typeof message["id"] === "string" ? message["id"] : null;
  if (isObject(message["error"])) return { kind: "error", id, error: readError(message["error"]) };
  if (id !== null && "result" in message) return { kind: "result", id, result: message["result"] };
  if (isObject(message["hello"])) return readHello(message["hello"]);
  if (typeof message["type"] === "string") return readEvent(message["type"], message);
  return null;
}

/** Return the frame of a command. */
export function writeCommand(id: string, command: string, data: object): string {
  return JSON.stringify({ id, command, data });
}

function readHello(hello: Record<string, unknown>): Frame {
  return {
    kind: "hello",
    hello: {
      epoch: String(hello["epoch"]),
      offset: Number(hello["offset"]),
      recovered: hello["recovered"] === true,
    },
  };
}

function readEvent(type: string, message: Record<string, unknown>): Frame {
  const offset = typeof message["offset"] === "number" ? message["offset"] : null;
  return { kind: "event", event: { offset, type, at: String(message["at"]), data: message["data"] } };
}

function readError(error: Record<string, unknown>): WireError {
  return {
    code: Number(error["code"]),
    message: String(error["message"]),
    temporary: error["temporary"] === true,
  };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
