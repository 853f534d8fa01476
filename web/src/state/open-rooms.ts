/** The open room, and those that were left while something written in them was still on its way. */

import { RoomSession } from "./room-session.ts";

export class OpenRooms {
  /** What is written and not sent, by room, so that it is there again when the reader comes back. */
  readonly drafts = new Map<string, string>();
  readonly #make: (slug: string) => RoomSession;
  readonly #sessions = new Map<string, RoomSession>();
  #current: RoomSession | null = null;

  /** `make` opens a room. */
  constructor(make: (slug: string) => RoomSession) {
    this.#make = make;
  }

  /** Whether a message would be lost if the page were left now. */
  get hasUnsent(): boolean {
    return [...this.#sessions.values()].some((session) =>
      session.view.value.outgoing.some((outgoing) => outgoing.problem === null),
    );
  }

  /** Open a room, or come back to it; null opens none. The one that was open is left. */
  select(slug: string | null): RoomSession | null {
    if (this.#current && this.#current.slug === slug) return this.#current;
    const left = this.#current;
    this.#current = slug === null ? null : this.#find(slug);
    if (left) this.#leave(left);
    return this.#current;
  }

  #find(slug: string): RoomSession {
    const session = this.#sessions.get(slug) ?? this.#make(slug);
    this.#sessions.set(slug, session);
    return session;
  }

  #leave(session: RoomSession): void {
    if (this.#stopWhenDone(session)) return;
    const unwatch = session.view.watch(() => {
      if (session === this.#current || this.#stopWhenDone(session)) unwatch();
    });
  }

  #stopWhenDone(session: RoomSession): boolean {
    if (session.view.value.outgoing.length > 0) return false;
    session.stop();
    this.#sessions.delete(session.slug);
    return true;
  }
}
