/** Whether the inbox stands beside the room where there is space for both; kept in this browser. */

import type { ReactiveControllerHost } from "lit";

const NAME = "hubbub.inbox";

export class InboxPreference {
  readonly #host: ReactiveControllerHost;
  #shown = read() !== "hidden";

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  get shown(): boolean {
    return this.#shown;
  }

  toggle(): void {
    this.#shown = !this.#shown;
    this.#host.requestUpdate();
    try {
      localStorage.setItem(NAME, this.#shown ? "shown" : "hidden");
    } catch {
      // Where the browser keeps nothing, the choice holds for this visit.
    }
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
