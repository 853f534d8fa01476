/** Tells the connection when the network went or came back, from all that a browser lets a page know. */

import { watchSleep } from "./sleep.ts";

/** Sends `offline` and `online`, as a window does: also where nobody but the page can tell. */
export class Network extends EventTarget {
  constructor() {
    super();
    window.addEventListener("offline", () => this.#tell("offline"));
    window.addEventListener("online", () => this.retryNow());
    // Timers of a hidden page are slowed down; whoever looks at it again should not wait for them.
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    watchSleep(() => this.renew());
  }

  /** Whether the browser says that there is no network. */
  get offline(): boolean {
    return !navigator.onLine;
  }

  /** Have the next attempt made now, where one is waited for. */
  retryNow(): void {
    this.#tell("online");
  }

  /** Have the connection given up, which may be dead without knowing it, and another one made. */
  renew(): void {
    this.#tell("offline");
    this.#tell("online");
  }

  #tell(type: "offline" | "online"): void {
    this.dispatchEvent(new Event(type));
  }
}
