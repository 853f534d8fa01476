/** The plain WebSocket behind `StreamConnection`: one socket a stream, which comes back by itself. */

import { Backoff } from "./backoff.ts";
import { closeReason, isTerminal } from "./codes.ts";
import { Commands } from "./commands.ts";
import { Cursor } from "./cursor.ts";
import { endpoint } from "./endpoint.ts";
import { ConnectionClosed } from "./errors.ts";
import { readFrame, type Frame } from "./frames.ts";
import { watchSleep } from "./sleep.ts";
import type {
  CommandOptions,
  ConnectionStatus,
  Position,
  StreamConnection,
  StreamEvent,
  StreamListener,
} from "./stream.ts";
import { Timer } from "./timer.ts";

/** A connection that has not said hello after this time is given up. */
const HELLO_TIMEOUT_MS = 10_000;
/** A connection that held this long is stable: the next drop starts with a short pause again. */
const STABLE_AFTER_MS = 10_000;
/** The browser's word that there is no network may be wrong, so it is tried now and then all the same. */
const OFFLINE_RETRY_MS = 20_000;

export class WebSocketConnection implements StreamConnection {
  readonly #listener: StreamListener;
  readonly #checkAccess: () => Promise<unknown>;
  readonly #commands = new Commands();
  readonly #backoff = new Backoff();
  readonly #listening = new AbortController();
  readonly #retryTimer = new Timer();
  readonly #helloTimer = new Timer();
  readonly #stableTimer = new Timer();
  readonly #deadlineTimer = new Timer();
  #status: ConnectionStatus = { kind: "idle" };
  #socket: WebSocket | null = null;
  #stream = "";
  #cursor = new Cursor({ epoch: "", offset: 0 });

  /**
   * `checkAccess` is called when a socket ends before its hello. A browser does not tell a page why a socket was
   * refused, so it should ask the server in another way, and do what is to be done when the user is logged out.
   */
  constructor(listener: StreamListener, checkAccess: () => Promise<unknown>) {
    this.#listener = listener;
    this.#checkAccess = checkAccess;
    const { signal } = this.#listening;
    window.addEventListener("offline", () => this.#drop(), { signal });
    window.addEventListener("online", () => this.retryNow(), { signal });
    watchSleep(() => this.#woke(), signal);
    // Timers of a hidden page are slowed down; whoever looks at it again should not wait for them.
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow(), { signal });
  }

  open(stream: string, position: Position): void {
    this.#stream = stream;
    this.#cursor = new Cursor(position);
    this.#connect();
  }

  command(name: string, data: object, options: CommandOptions = {}): Promise<unknown> {
    if (this.#status.kind === "closed") return Promise.reject(new ConnectionClosed(this.#status.reason));
    const answer = this.#commands.submit(name, data, options, Date.now());
    this.#sendCommands();
    return answer;
  }

  retryNow(): void {
    if (this.#status.kind === "waiting") this.#connect();
  }

  close(): void {
    this.#listening.abort();
    this.#detach();
    this.#deadlineTimer.stop();
    this.#status = { kind: "closed", code: 1000, reason: "The connection is closed." };
    this.#commands.rejectAll(new ConnectionClosed());
  }

  #connect(): void {
    this.#detach();
    this.#setStatus({ kind: "connecting" });
    const socket = new WebSocket(endpoint(location.href, this.#stream, this.#cursor.position));
    this.#socket = socket;
    socket.onmessage = (message) => this.#receive(message.data);
    socket.onclose = (event) => this.#ended(event.code);
    this.#helloTimer.start(HELLO_TIMEOUT_MS, () => this.#drop());
  }

  #receive(data: unknown): void {
    const frame = typeof data === "string" ? readFrame(data) : null;
    if (frame === null) return console.warn("Hubbub: passed over a frame that this page does not know.");
    this.#handle(frame);
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case "hello":
        return this.#cursor.resumes(frame.hello) ? this.#resumed() : this.#lose();
      case "event":
        return this.#deliver(frame.event);
      case "result":
        this.#commands.resolve(frame.id, frame.result);
        return this.#sendCommands();
      case "error":
        if (frame.id === null) return console.warn(`Hubbub: ${frame.error.message} (${frame.error.code}).`);
        this.#commands.refuse(frame.id, frame.error);
        return this.#sendCommands();
    }
  }

  #resumed(): void {
    this.#helloTimer.stop();
    this.#stableTimer.start(STABLE_AFTER_MS, () => this.#backoff.reset());
    this.#setStatus({ kind: "live" });
    this.#sendCommands();
  }

  #deliver(event: StreamEvent): void {
    const verdict = this.#cursor.accept(event.offset);
    if (verdict === "deliver") this.#listener.event(event);
    if (verdict === "gap") this.#lose();
  }

  #lose(): void {
    this.#detach();
    this.#setStatus({ kind: "connecting" });
    this.#listener.lost();
  }

  #ended(code: number): void {
    const refused = this.#status.kind === "connecting";
    if (isTerminal(code)) return this.#end(code);
    this.#drop();
    // Only to learn of a logout; an unreachable server is what the next attempt is for.
    if (refused) this.#checkAccess().catch(() => undefined);
  }

  #end(code: number): void {
    this.#detach();
    const reason = closeReason(code);
    this.#setStatus({ kind: "closed", code, reason });
    this.#commands.rejectAll(new ConnectionClosed(reason));
    this.#checkAccess().catch(() => undefined);
  }

  /** Leave the socket, which may be dead without knowing it, and plan the next attempt. */
  #drop(): void {
    if (this.#socket === null) return;
    this.#detach();
    const offline = !navigator.onLine;
    const pause = offline ? OFFLINE_RETRY_MS : this.#backoff.next();
    this.#retryTimer.start(pause, () => this.#connect());
    this.#setStatus({ kind: "waiting", retryAt: Date.now() + pause, offline });
  }

  #woke(): void {
    this.#drop();
    this.retryNow();
  }

  #detach(): void {
    for (const timer of [this.#retryTimer, this.#helloTimer, this.#stableTimer]) timer.stop();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.#commands.dropped();
    this.#watchDeadlines();
  }

  #sendCommands(): void {
    if (this.#status.kind === "live") {
      for (const frame of this.#commands.takeFrames(Date.now())) this.#socket?.send(frame);
    }
    this.#watchDeadlines();
  }

  #watchDeadlines(): void {
    const deadline = this.#commands.nextDeadline();
    if (deadline === null) return this.#deadlineTimer.stop();
    this.#deadlineTimer.start(Math.max(0, deadline - Date.now()), () => {
      if (this.#commands.expire(Date.now())) this.#drop();
      else this.#watchDeadlines();
    });
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.#listener.status(status);
  }
}
