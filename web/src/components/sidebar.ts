/** The left side of the page: the inbox's badge, the rooms, and who is logged in. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { readCookie } from "../api/client.ts";
import type { Room } from "../api/types.ts";
import type { Page } from "../page.ts";
import "./avatar.ts";
import { unreadBadge } from "./badge.ts";
import { icons } from "./icons.ts";
import "./new-room.ts";
import type { HubNewRoom } from "./new-room.ts";
import "./room-list.ts";
import type { HubRoomList } from "./room-list.ts";
import { sidebarStyles } from "./sidebar-styles.ts";
import "./status.ts";
import { badges, base, buttons } from "./styles.ts";
import { Watch } from "./watch.ts";

@customElement("hub-sidebar")
export class HubSidebar extends LitElement {
  static override styles = [base, buttons, badges, sidebarStyles];

  @property({ attribute: false }) page!: Page;
  /** Whether the inbox can be seen. */
  @property({ type: Boolean }) inboxShown = false;
  /** Where the administration is; empty for users who may not go there. */
  @property() adminUrl = "";
  @property() logoutUrl = "";
  @query("hub-new-room") private newRoom!: HubNewRoom;
  @query("hub-room-list") private roomList!: HubRoomList;
  readonly #route = new Watch(this, () => this.page.router.route);
  readonly #inbox = new Watch(this, () => this.page.inbox.view);
  readonly #health = new Watch(this, () => this.page.health);

  override focus(): void {
    this.roomList.focus();
  }

  override render(): TemplateResult {
    return html`
      <header>
        <h1>${logo}<span>Hubbub</span></h1>
        <hub-status .health=${this.#health.value ?? { kind: "starting" }}></hub-status>
      </header>
      ${this.#renderInboxButton()}
      <nav aria-label="Rooms">
        <div class="heading">
          <h2>Rooms</h2>
          <button class="icon" aria-label="New room" title="New room" @click=${() => this.newRoom.show()}>
            ${icons.plus}
          </button>
        </div>
        <hub-room-list .list=${this.page.rooms} .open=${this.#route.value?.room ?? null}></hub-room-list>
      </nav>
      ${this.#renderUser()}
      <hub-new-room
        .list=${this.page.rooms}
        .created=${(room: Room) => this.page.go({ room: room.slug, inbox: false })}
      ></hub-new-room>
    `;
  }

  #renderInboxButton(): TemplateResult {
    return html`<button class="inbox" aria-expanded=${this.inboxShown} @click=${this.#toggleInbox}>
      ${icons.bell}<span>Inbox</span>${unreadBadge(this.#inbox.value?.unread ?? 0)}
    </button>`;
  }

  #renderUser(): TemplateResult {
    const { username, display_name: name } = this.page.user;
    return html`<footer>
      <hub-avatar .name=${name} .handle=${username}></hub-avatar>
      <p class="who"><strong>${name}</strong>${name === username ? nothing : html`<span>${username}</span>`}</p>
      ${this.adminUrl ? this.#renderAdminLink() : nothing}
      <form method="post" action=${this.logoutUrl} @submit=${this.#addToken}>
        <input type="hidden" name="csrfmiddlewaretoken" />
        <button class="icon" aria-label="Log out" title="Log out">${icons.leave}</button>
      </form>
    </footer>`;
  }

  #renderAdminLink(): TemplateResult {
    return html`<a class="button icon" href=${this.adminUrl} aria-label="Administration" title="Administration">
      ${icons.tools}
    </a>`;
  }

  /** Filled in at the last moment: the token changes when the user logs in again in another window. */
  #addToken(event: SubmitEvent): void {
    const input = (event.target as HTMLFormElement).elements.namedItem("csrfmiddlewaretoken");
    (input as HTMLInputElement).value = readCookie(document.cookie, "csrftoken");
  }

  #toggleInbox(): void {
    this.dispatchEvent(new CustomEvent("inbox-toggle", { bubbles: true, composed: true }));
  }
}

const logo = html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
  <path
    class="bubble"
    d="M9 2h14a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7h-8.2l-5.1 4.3a1 1 0 0 1-1.7-.8V26A6.5 6.5 0 0 1 2 19.3V9a7 7 0 0 1 7-7Z"
  />
  <path class="sound" d="M9.5 12.5v3M16 8.5v11M22.5 11v6" />
</svg>`;

declare global {
  interface HTMLElementTagNameMap {
    "hub-sidebar": HubSidebar;
  }
}
