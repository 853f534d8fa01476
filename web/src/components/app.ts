/** The page as a whole: rooms, the open room and the inbox side by side; on a phone one of them. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Page } from "../page.ts";
import { internalRoute, type Route } from "../routing/route.ts";
import { healthSentence, type Health } from "../state/health.ts";
import "./announcer.ts";
import type { HubAnnouncer } from "./announcer.ts";
import { appStyles } from "./app-styles.ts";
import { unreadBadge } from "./badge.ts";
import "./banner.ts";
import { icons } from "./icons.ts";
import "./inbox.ts";
import { InboxPreference } from "./inbox-preference.ts";
import { Media } from "./media.ts";
import "./room-view.ts";
import "./sidebar.ts";
import { badges, base, buttons } from "./styles.ts";
import { Watch } from "./watch.ts";

/** On a phone one pane is seen at a time. */
type Pane = "rooms" | "room" | "inbox";

@customElement("hub-app")
export class HubApp extends LitElement {
  static override styles = [base, buttons, badges, appStyles];

  @property({ type: Number, attribute: "user-id" }) userId = 0;
  @property() username = "";
  @property({ attribute: "display-name" }) displayName = "";
  /** Where the administration is; empty for users who may not go there. */
  @property({ attribute: "admin-url" }) adminUrl = "";
  @property({ attribute: "login-url" }) loginUrl = "";
  @property({ attribute: "logout-url" }) logoutUrl = "";
  @state() private page: Page | null = null;
  @query("hub-announcer") private announcer!: HubAnnouncer;
  readonly #route = new Watch(this, () => this.page?.router.route);
  readonly #room = new Watch(this, () => this.page?.room);
  readonly #rooms = new Watch(this, () => this.page?.rooms.view);
  readonly #inbox = new Watch(this, () => this.page?.inbox.view);
  readonly #health = new Watch(this, () => this.page?.health);
  readonly #phone = new Media(this, "(max-width: 680px)");
  readonly #wide = new Media(this, "(min-width: 1120px)");
  readonly #preference = new InboxPreference(this);
  #pane: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    const user = { id: this.userId, username: this.username, display_name: this.displayName };
    this.page ??= new Page(user, this.loginUrl);
    void this.page.start(!this.#phone.matches);
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    this.#nameDocument();
    const pane = `${this.#currentPane()} ${this.#route.value?.room ?? ""}`;
    const before = this.#pane;
    this.#pane = pane;
    // The first pane leaves the focus where the browser has put it.
    if (before !== null && before !== pane && !before.endsWith("pending")) this.#focusPane();
  }

  override render(): TemplateResult | typeof nothing {
    const { page } = this;
    if (page === null) return nothing;
    const health = this.#health.value ?? { kind: "starting" };
    return html`
      <button class="skip" @click=${this.#focusPane}>
        Skip to the ${this.#currentPane() === "inbox" ? "inbox" : "room"}
      </button>
      <div
        class="panes ${this.#inboxShown() ? "with-inbox" : ""}"
        data-pane=${this.#currentPane()}
        @click=${this.#linkClicked}
        @keydown=${this.#keyPressed}
        @inbox-toggle=${this.#toggleInbox}
        @announce=${(event: CustomEvent<string>) => this.announcer.announce(event.detail)}
      >
        <hub-sidebar
          .page=${page}
          .adminUrl=${this.adminUrl}
          .logoutUrl=${this.logoutUrl}
          .inboxShown=${this.#inboxShown()}
        ></hub-sidebar>
        <main>${this.#renderMain(page, health)}</main>
        ${this.#inboxShown() ? this.#renderInbox(page) : nothing}
      </div>
      <hub-announcer .status=${healthSentence(health)}></hub-announcer>
    `;
  }

  #renderMain(page: Page, health: Health): TemplateResult {
    const banner = html`<hub-banner slot="banner" .health=${health} .retry=${() => page.retryNow()}></hub-banner>`;
    const session = this.#room.value;
    if (!session) return html`${banner}${this.#renderWelcome()}`;
    return html`<hub-room-view .page=${page} .session=${session}>
      ${this.#phone.matches ? this.#renderBack({ room: null, inbox: false }, "Rooms") : nothing} ${banner}
      ${this.#phone.matches ? this.#renderBell() : nothing}
    </hub-room-view>`;
  }

  #renderWelcome(): TemplateResult {
    const { rooms = null } = this.#rooms.value ?? {};
    return html`<div class="welcome">
      ${
        rooms === null
          ? nothing
          : html`<h2 tabindex="-1">Welcome, ${this.displayName}.</h2>
              <p>Choose a room on the left, or make a new one.</p>`
      }
    </div>`;
  }

  #renderInbox(page: Page): TemplateResult {
    return html`<hub-inbox role="complementary" aria-label="Inbox" .session=${page.inbox}>
      ${
        this.#phone.matches
          ? this.#renderBack({ inbox: false }, "Back")
          : html`<button
              slot="actions"
              class="icon"
              aria-label="Close the inbox"
              title="Close"
              @click=${this.#toggleInbox}
            >
              ${icons.close}
            </button>`
      }
    </hub-inbox>`;
  }

  #renderBack(to: Partial<Route>, label: string): TemplateResult {
    return html`<button slot="back" class="icon" aria-label=${label} title=${label} @click=${() => this.page?.go(to)}>
      ${icons.back}
    </button>`;
  }

  #renderBell(): TemplateResult {
    const unread = this.#inbox.value?.unread ?? 0;
    return html`<button
      slot="actions"
      class="icon bell"
      aria-label="Inbox, ${unread} unread"
      title="Inbox"
      @click=${this.#toggleInbox}
    >
      ${icons.bell}${unreadBadge(unread)}
    </button>`;
  }

  #currentPane(): Pane {
    const route = this.#route.value;
    if (route?.inbox && !this.#wide.matches) return "inbox";
    return route?.room ? "room" : "rooms";
  }

  #inboxShown(): boolean {
    return this.#wide.matches ? this.#preference.shown : (this.#route.value?.inbox ?? false);
  }

  readonly #toggleInbox = (): void => {
    if (this.#wide.matches) this.#preference.toggle();
    else this.page?.go({ inbox: !this.#inboxShown() });
  };

  readonly #focusPane = (): void => {
    const pane = this.#currentPane();
    const name = pane === "inbox" ? "hub-inbox" : pane === "room" ? "hub-room-view" : "hub-sidebar";
    const element = this.renderRoot.querySelector<LitElement>(name);
    void element?.updateComplete.then(() => element.focus());
  };

  #keyPressed(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#currentPane() === "inbox") this.page?.go({ inbox: false });
  }

  /** Links to rooms of this site, wherever they stand, open without loading the page anew. */
  #linkClicked(event: MouseEvent): void {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.composedPath().find((part) => part instanceof HTMLAnchorElement);
    const route = link ? internalRoute(link.href, location.href) : null;
    if (route === null) return;
    event.preventDefault();
    this.page?.go(route);
  }

  #nameDocument(): void {
    const slug = this.#route.value?.room;
    const room = this.#rooms.value?.rooms?.find((one) => one.slug === slug);
    const unread = this.#inbox.value?.unread ?? 0;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${room ? `${room.title} · ` : ""}Hubbub`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-app": HubApp;
  }
}
