/** Draws a component again whenever a value that it shows changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Observable } from "../state/observable.ts";

export class Watch<T> implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #find: () => Observable<T> | null | undefined;
  #watched: Observable<T> | null = null;
  #unwatch = (): void => undefined;

  /** `find` returns what to watch; it is asked again before each drawing, since a component's properties change. */
  constructor(host: ReactiveControllerHost, find: () => Observable<T> | null | undefined) {
    this.#host = host;
    this.#find = find;
    host.addController(this);
  }

  /** The value now; undefined where there is nothing to watch. */
  get value(): T | undefined {
    return this.#watched?.value;
  }

  hostConnected(): void {
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    const found = this.#find() ?? null;
    if (found === this.#watched) return;
    this.hostDisconnected();
    this.#watched = found;
    if (found) this.#unwatch = found.watch(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#unwatch();
    this.#unwatch = (): void => undefined;
    this.#watched = null;
  }
}
