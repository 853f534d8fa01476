/** The open room: its name, its messages, who is typing, and where to write. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { Room } from "../api/types.ts";
import type { Page } from "../page.ts";
import type { RoomSession, RoomView } from "../state/room-session.ts";
import { typingSentence } from "../text/names.ts";
import "./composer.ts";
import type { HubComposer } from "./composer.ts";
import { icons } from "./icons.ts";
import "./members.ts";
import type { HubMembers } from "./members.ts";
import "./message-list.ts";
import "./presence.ts";
import { roomViewStyles } from "./room-view-styles.ts";
import { base, buttons } from "./styles.ts";
import { Watch } from "./watch.ts";

@customElement("hub-room-view")
export class HubRoomView extends LitElement {
  static override styles = [base, buttons, roomViewStyles];

  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) session!: RoomSession;
  @query("hub-composer") private composer!: HubComposer | null;
  @query("h2") private heading!: HTMLElement | null;
  @query("hub-members") private members!: HubMembers;
  readonly #view = new Watch(this, () => this.session.view);
  readonly #rooms = new Watch(this, () => this.page.rooms.view);

  /** Put the focus where one writes; where that would bring up a keyboard on the screen, on the heading. */
  override focus(): void {
    const target = matchMedia("(pointer: fine)").matches ? this.composer : null;
    (target ?? this.heading)?.focus();
  }

  override render(): TemplateResult {
    const view = this.#view.value ?? this.session.view.value;
    const room = view.room ?? this.#rooms.value?.rooms?.find((one) => one.slug === view.slug) ?? null;
    const problem = failure(view);
    return html`
      ${this.#renderHeader(view, room)}
      <slot name="banner"></slot>
      ${problem === null ? this.#renderTalk(view, room) : this.#renderFailure(problem)}
      <hub-members .page=${this.page} .room=${room} .left=${() => this.#left(room)}></hub-members>
    `;
  }

  #renderHeader(view: RoomView, room: Room | null): TemplateResult {
    return html`<header>
      <slot name="back"></slot>
      <div class="name">
        <h2 tabindex="-1">${room?.is_private ? icons.lock : icons.hash}<span>${room?.title ?? view.slug}</span></h2>
        ${room?.topic ? html`<p title=${room.topic}>${room.topic}</p>` : nothing}
      </div>
      <hub-presence .presence=${view.presence.shown}></hub-presence>
      ${
        room
          ? html`<button class="icon" aria-label="Members" title="Members" @click=${() => this.members.show()}>
              ${icons.people}
            </button>`
          : nothing
      }
      <slot name="actions"></slot>
    </header>`;
  }

  #renderTalk(view: RoomView, room: Room | null): TemplateResult {
    const typing = typingSentence(view.typing.map((one) => one.user.display_name));
    return html`
      <hub-message-list .session=${this.session} .me=${this.page.user}></hub-message-list>
      <p class="typing ${typing === "" ? "" : "on"}" aria-live="off">
        ${typing === "" ? nothing : html`<span class="dots"><i></i><i></i><i></i></span>${typing}`}
      </p>
      ${room?.is_closed ? this.#renderClosed() : this.#renderComposer(view, room)}
    `;
  }

  #renderComposer(view: RoomView, room: Room | null): TemplateResult {
    const hint =
      room && !room.is_member
        ? html`<p class="hint">You are not a member yet. Writing here joins the room.</p>`
        : nothing;
    return html`${hint}<hub-composer
        .session=${this.session}
        .room=${room?.title ?? view.slug}
        .drafts=${this.page.openRooms.drafts}
      ></hub-composer>`;
  }

  #renderClosed(): TemplateResult {
    return html`<p class="closed">${icons.lock}This room is closed. It can be read, and no longer written to.</p>`;
  }

  #renderFailure(problem: string): TemplateResult {
    return html`<div class="failure" role="alert">
      <strong>This room cannot be shown.</strong>
      <p>${problem}</p>
      <button @click=${() => this.page.go({ room: null })}>Choose another room</button>
    </div>`;
  }

  #left(room: Room | null): void {
    if (room?.is_private) this.page.go({ room: null });
    else this.session.setMembership(false);
  }
}

function failure(view: RoomView): string | null {
  if (view.deleted) return "It was deleted.";
  return view.status.kind === "closed" ? view.status.reason : null;
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-room-view": HubRoomView;
  }
}
