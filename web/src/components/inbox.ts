/** The inbox: what the user has been told, newest first, and marking it as read. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Notification } from "../api/types.ts";
import type { InboxSession, InboxView } from "../state/inbox-session.ts";
import { safeHref } from "../text/links.ts";
import { kindName } from "../text/names.ts";
import { fullTime, shortAge } from "../text/time.ts";
import { unreadBadge } from "./badge.ts";
import { icons } from "./icons.ts";
import { inboxStyles } from "./inbox-styles.ts";
import { badges, base, buttons, problems } from "./styles.ts";
import { Watch } from "./watch.ts";

@customElement("hub-inbox")
export class HubInbox extends LitElement {
  static override styles = [base, buttons, badges, problems, inboxStyles];

  @property({ attribute: false }) session!: InboxSession;
  @query("h2") private heading!: HTMLElement | null;
  readonly #view = new Watch(this, () => this.session.view);

  override focus(): void {
    this.heading?.focus();
  }

  override render(): TemplateResult {
    const view = this.#view.value ?? this.session.view.value;
    return html`
      <div class="head">
        <slot name="back"></slot>
        <h2 tabindex="-1">Inbox ${unreadBadge(view.unread)}</h2>
        <button
          class="plain"
          ?disabled=${view.unread === 0 || view.markingAll}
          @click=${() => this.session.markAllRead()}
        >
          ${icons.checks}${view.markingAll ? "Marking…" : "Mark all read"}
        </button>
        <slot name="actions"></slot>
      </div>
      ${view.problem ? html`<p class="problem" role="alert">${view.problem}</p>` : nothing}
      <div class="scroller">${this.#renderList(view)}</div>
    `;
  }

  #renderList(view: InboxView): TemplateResult {
    if (view.position === null) return html`<p class="empty">${loading(view)}</p>`;
    if (view.notifications.length === 0) {
      return html`<p class="empty">${icons.bell}<strong>All quiet.</strong>What concerns you will be here.</p>`;
    }
    const now = new Date();
    return html`<ol role="list">
        ${repeat(
          view.notifications,
          (one) => one.id,
          (one) => this.#renderOne(one, view.marking.has(one.id), now),
        )}
      </ol>
      ${view.older === null ? nothing : this.#renderOlder(view.loadingOlder)}`;
  }

  #renderOne(one: Notification, marking: boolean, now: Date): TemplateResult {
    const isUnread = one.read_at === null;
    return html`<li class=${isUnread ? "unread" : ""} data-notification=${one.id}>
      <span class="dot">${isUnread ? html`<span class="unseen">Unread</span>` : nothing}</span>
      <div class="text">
        <h3>${this.#renderTitle(one)}</h3>
        ${one.body ? html`<p class="body">${one.body}</p>` : nothing}
        <p class="about">
          ${kindName(one.kind)} ·
          <time datetime=${one.created_at} title=${fullTime(one.created_at)}>${shortAge(one.created_at, now)}</time>
        </p>
      </div>
      ${isUnread ? this.#renderMark(one, marking) : nothing}
    </li>`;
  }

  #renderTitle(one: Notification): TemplateResult | string {
    const href = one.url ? safeHref(one.url, location.href) : null;
    if (href === null) return one.title;
    const isOurs = new URL(href).origin === location.origin;
    return html`<a
      href=${href}
      target=${isOurs ? nothing : "_blank"}
      rel="noopener noreferrer nofollow ugc"
      @click=${() => this.#opened(one)}
      >${one.title}</a
    >`;
  }

  #renderMark(one: Notification, marking: boolean): TemplateResult {
    const label = `Mark “${one.title}” as read`;
    return html`<button
      class="icon"
      aria-label=${label}
      title="Mark as read"
      ?disabled=${marking}
      @click=${() => this.session.markRead(one.id)}
    >
      ${icons.check}
    </button>`;
  }

  #renderOlder(isLoading: boolean): TemplateResult {
    return html`<p class="more">
      <button ?disabled=${isLoading} @click=${() => this.session.loadOlder()}>
        ${isLoading ? "Loading…" : "Older notifications"}
      </button>
    </p>`;
  }

  #opened(one: Notification): void {
    if (one.read_at === null) void this.session.markRead(one.id);
  }
}

function loading(view: InboxView): string {
  return view.status.kind === "closed" ? `The inbox cannot be shown. ${view.status.reason}` : "Loading…";
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-inbox": HubInbox;
  }
}
