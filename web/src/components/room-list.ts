/** The rooms that the user may read: links to open them, and buttons to join them. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { sentence } from "../api/errors.ts";
import type { Room } from "../api/types.ts";
import { address } from "../routing/route.ts";
import type { RoomList } from "../state/room-list.ts";
import { icons } from "./icons.ts";
import { moveFocus } from "./keyboard.ts";
import { roomListStyles } from "./room-list-styles.ts";
import { base, buttons, problems } from "./styles.ts";
import { Watch } from "./watch.ts";

/** With more rooms than this there is a field to find one. */
const MANY = 8;
const NOT_FOUND = "No room has such a name.";
const NO_ROOMS = "There is no room yet. Make the first one.";

@customElement("hub-room-list")
export class HubRoomList extends LitElement {
  static override styles = [base, buttons, problems, roomListStyles];

  @property({ attribute: false }) list!: RoomList;
  /** Slug of the open room. */
  @property() open: string | null = null;
  @state() private words = "";
  @state() private joining: string | null = null;
  @state() private problem: { readonly slug: string; readonly text: string } | null = null;
  readonly #rooms = new Watch(this, () => this.list.view);

  /** Put the focus on the open room, or on the first. */
  override focus(): void {
    const root = this.renderRoot;
    (root.querySelector<HTMLElement>("a[aria-current]") ?? root.querySelector<HTMLElement>("a"))?.focus();
  }

  override render(): TemplateResult {
    const { rooms = null, problem = null } = this.#rooms.value ?? {};
    if (rooms === null)
      return problem === null ? html`<p class="quiet">Loading rooms…</p>` : this.#renderFailure(problem);
    const shown = rooms.filter((room) => this.#matches(room));
    const own = shown.filter((room) => room.is_member);
    const others = shown.filter((room) => !room.is_member);
    return html`
      ${rooms.length > MANY ? this.#renderSearch() : nothing}
      <div class="rooms" @keydown=${this.#keyPressed}>
        ${own.length > 0 ? this.#renderGroup("Your rooms", own) : nothing}
        ${others.length > 0 ? this.#renderGroup("More rooms", others) : nothing}
        ${shown.length === 0 ? html`<p class="quiet">${rooms.length > 0 ? NOT_FOUND : NO_ROOMS}</p>` : nothing}
      </div>
    `;
  }

  #renderFailure(problem: string): TemplateResult {
    return html`<p class="problem" role="alert">The rooms could not be loaded. ${problem}</p>
      <button @click=${() => this.list.load()}>Try again</button>`;
  }

  #renderSearch(): TemplateResult {
    return html`<input
      type="search"
      aria-label="Find a room"
      placeholder="Find a room"
      .value=${this.words}
      @input=${(event: InputEvent) => (this.words = (event.target as HTMLInputElement).value)}
    />`;
  }

  #renderGroup(title: string, rooms: readonly Room[]): TemplateResult {
    return html`<h3>${title}</h3>
      <ul role="list">
        ${repeat(
          rooms,
          (room) => room.slug,
          (room) => this.#renderRoom(room),
        )}
      </ul>`;
  }

  #renderRoom(room: Room): TemplateResult {
    const isOpen = room.slug === this.open;
    return html`<li>
      <a href=${address({ room: room.slug, inbox: false })} aria-current=${isOpen ? "page" : nothing}>
        ${room.is_private ? icons.lock : icons.hash}
        <span class="title">${room.title}</span>
        ${room.is_private ? html`<span class="unseen">(private)</span>` : nothing}
        ${room.is_closed ? html`<span class="tag">closed</span>` : nothing}
      </a>
      ${room.is_member || room.is_closed ? nothing : this.#renderJoin(room)}
      ${this.problem?.slug === room.slug ? html`<p class="problem" role="alert">${this.problem.text}</p>` : nothing}
    </li>`;
  }

  #renderJoin(room: Room): TemplateResult {
    const busy = this.joining === room.slug;
    return html`<button
      class="plain"
      ?disabled=${busy}
      aria-label="Join ${room.title}"
      @click=${() => this.#join(room.slug)}
    >
      ${busy ? "Joining…" : "Join"}
    </button>`;
  }

  async #join(slug: string): Promise<void> {
    this.joining = slug;
    this.problem = null;
    try {
      await this.list.join(slug);
    } catch (error) {
      this.problem = { slug, text: sentence(error) };
    } finally {
      this.joining = null;
    }
  }

  #keyPressed(event: KeyboardEvent): void {
    const links = [...this.renderRoot.querySelectorAll<HTMLElement>(".rooms a")];
    moveFocus(event, links, this.shadowRoot?.activeElement ?? null);
  }

  #matches(room: Room): boolean {
    const words = this.words.trim().toLocaleLowerCase();
    return `${room.title} ${room.slug}`.toLocaleLowerCase().includes(words);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-room-list": HubRoomList;
  }
}
