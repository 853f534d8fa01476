/** The messages of a room: older ones are loaded at the top, new ones come in at the bottom. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { User } from "../api/types.ts";
import type { RoomSession, RoomView } from "../state/room-session.ts";
import { announcement, newerThan } from "../text/announcement.ts";
import { place } from "../text/groups.ts";
import { icons } from "./icons.ts";
import { messageListStyles } from "./message-list-styles.ts";
import { messageRow, outgoingRow } from "./message-row.ts";
import { ScrollKeeper } from "./scroll.ts";
import { base, buttons, problems } from "./styles.ts";
import { Watch } from "./watch.ts";

/** Older messages are loaded when the reader is this close to the top, in pixels. */
const NEAR_TOP = 240;

@customElement("hub-message-list")
export class HubMessageList extends LitElement {
  static override styles = [base, buttons, problems, messageListStyles];

  @property({ attribute: false }) session!: RoomSession;
  @property({ attribute: false }) me!: User;
  /** How many new messages have come in below what the reader looks at. */
  @state() private unseen = 0;
  @query(".scroller") private scroller!: HTMLElement | null;
  readonly #view = new Watch(this, () => this.session.view);
  readonly #resize = new ResizeObserver(() => this.#resized());
  #keeper = new ScrollKeeper();
  #shown: RoomView | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
  }

  protected override firstUpdated(): void {
    if (this.scroller) this.#resize.observe(this.scroller);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("session")) {
      this.#keeper = new ScrollKeeper();
      this.#shown = null;
      this.unseen = 0;
    }
    if (this.scroller) this.#keeper.before(this.scroller);
  }

  protected override updated(): void {
    const view = this.#view.value;
    if (!view || !this.scroller) return;
    const before = this.#shown;
    this.#shown = view;
    if (view.outgoing.length > (before?.outgoing.length ?? 0)) this.#keeper.follow();
    const grewAbove = (view.messages[0]?.id ?? 0) < (before?.messages[0]?.id ?? 0);
    this.#keeper.after(this.scroller, grewAbove);
    if (before?.position) this.#tellNew(before, view);
  }

  override render(): TemplateResult {
    const view = this.#view.value ?? this.session.view.value;
    const now = new Date();
    const isLive = view.status.kind === "live";
    const outgoing = view.outgoing.filter((one) => one.shownAs === null);
    return html`
      <div class="scroller" role="region" aria-label="Messages" tabindex="0" @scroll=${this.#scrolled}>
        <div class="content">
          ${this.#renderTop(view)}
          <ol role="list">
            ${repeat(
              place(view.messages),
              (placed) => placed.message.id,
              (placed) => messageRow(placed, now),
            )}
            ${repeat(
              outgoing,
              (one) => one.key,
              (one) => outgoingRow(one, this.me, isLive, this.#actions),
            )}
          </ol>
        </div>
      </div>
      ${this.unseen > 0 ? this.#renderNewer() : nothing}
    `;
  }

  #renderTop(view: RoomView): TemplateResult | typeof nothing {
    if (view.position === null) return html`<div class="empty">Loading messages…</div>`;
    if (view.olderProblem !== null) {
      return html`<div class="top">
        <p class="problem" role="alert">Older messages could not be loaded. ${view.olderProblem}</p>
        <button @click=${this.#loadOlder}>Try again</button>
      </div>`;
    }
    if (view.loadingOlder) return html`<div class="top">Loading older messages…</div>`;
    if (view.older !== null)
      return html`<div class="top"><button @click=${this.#loadOlder}>Older messages</button></div>`;
    if (view.messages.length + view.outgoing.length > 0)
      return html`<div class="top">This is where it all began.</div>`;
    return html`<div class="empty"><strong>Nothing has been said here yet.</strong>Write the first message.</div>`;
  }

  #renderNewer(): TemplateResult {
    const text = this.unseen === 1 ? "1 new message" : `${this.unseen} new messages`;
    return html`<button class="newer" @click=${this.#toEnd}>${icons.down}${text}</button>`;
  }

  readonly #actions = {
    repost: (key: string): void => this.session.repost(key),
    discard: (key: string): void => this.session.discard(key),
  };

  readonly #loadOlder = (): void => void this.session.loadOlder();

  readonly #toEnd = (): void => {
    this.unseen = 0;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller?.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "auto" : "smooth" });
    // The button that had the focus is gone.
    this.scroller?.focus({ preventScroll: true });
  };

  /** Count and announce what has come in since the last drawing. */
  #tellNew(before: RoomView, view: RoomView): void {
    const others = newerThan(before.messages, view.messages).filter((message) => message.author?.id !== this.me.id);
    if (others.length === 0) return;
    if (!this.#keeper.atEnd) this.unseen += others.length;
    this.dispatchEvent(new CustomEvent("announce", { detail: announcement(others), bubbles: true, composed: true }));
  }

  #scrolled(): void {
    if (!this.scroller) return;
    this.#keeper.scrolled(this.scroller);
    if (this.#keeper.atEnd) this.unseen = 0;
    const { older, olderProblem } = this.session.view.value;
    if (this.scroller.scrollTop < NEAR_TOP && older !== null && olderProblem === null) this.#loadOlder();
  }

  #resized(): void {
    if (!this.scroller) return;
    this.#keeper.before(this.scroller);
    this.#keeper.after(this.scroller, false);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-message-list": HubMessageList;
  }
}
