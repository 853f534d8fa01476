/** The dialog about a room's members: who they are, adding one, and leaving. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { sentence } from "../api/errors.ts";
import type { Member } from "../api/hub-api.ts";
import type { Room } from "../api/types.ts";
import type { Page } from "../page.ts";
import "./avatar.ts";
import { forms } from "./forms.ts";
import { base, buttons, problems } from "./styles.ts";

@customElement("hub-members")
export class HubMembers extends LitElement {
  static override styles = [
    base,
    buttons,
    problems,
    forms,
    css`
      ul {
        max-height: 40vh;
        margin: 0 -0.5rem 1rem;
        overflow: hidden auto;
      }

      li {
        display: flex;
        align-items: center;
        gap: 0.7rem;
        padding: 0.35rem 0.5rem;
      }

      li span {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      li small {
        color: var(--text-muted);
        font-size: var(--text-xs);
      }

      .add {
        display: flex;
        gap: 0.5rem;
      }

      .add button {
        min-height: 2.5rem;
      }

      .actions {
        justify-content: space-between;
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) room: Room | null = null;
  /** Called when the user has left the room. */
  @property({ attribute: false }) left: () => void = () => undefined;
  @query("dialog") private dialog!: HTMLDialogElement;
  @state() private members: readonly Member[] | null = null;
  @state() private problem: string | null = null;
  @state() private addProblem: string | null = null;

  show(): void {
    this.members = null;
    this.addProblem = null;
    this.dialog.showModal();
    void this.#try(() => this.#load());
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="heading">
      <h2 id="heading">Members of ${this.room?.title}</h2>
      ${this.members === null ? this.#renderLoading() : this.#renderList(this.members)}
      ${this.#isOwner() ? this.#renderAdd() : nothing}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <div class="actions">
        ${this.#renderMembership()}
        <button @click=${() => this.dialog.close()}>Close</button>
      </div>
    </dialog>`;
  }

  #renderLoading(): TemplateResult {
    return html`<p class="hint">${this.problem ? nothing : "Loading…"}</p>`;
  }

  #renderList(members: readonly Member[]): TemplateResult {
    if (members.length === 0) return html`<p class="hint">Nobody is a member.</p>`;
    return html`<ul role="list">
      ${members.map(
        ({ user, role }) =>
          html`<li>
            <hub-avatar .name=${user.display_name} .handle=${user.username}></hub-avatar>
            <span>${user.display_name}</span>
            ${role === "owner" ? html`<small>owner</small>` : nothing}
          </li>`,
      )}
    </ul>`;
  }

  #renderAdd(): TemplateResult {
    return html`<form class="field" @submit=${this.#add}>
      <label for="username">Add somebody</label>
      <div class="add">
        <input
          id="username"
          name="username"
          type="text"
          placeholder="Username"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          required
          maxlength="150"
        />
        <button>Add</button>
      </div>
      ${this.addProblem ? html`<p class="problem" role="alert">${this.addProblem}</p>` : nothing}
    </form>`;
  }

  #renderMembership(): TemplateResult {
    if (!this.room?.is_member)
      return html`<button class="primary" @click=${() => this.#try(() => this.#join())}>Join this room</button>`;
    return html`<button @click=${() => this.#try(() => this.#leave())}>Leave this room</button>`;
  }

  #isOwner(): boolean {
    return this.members?.some(({ user, role }) => role === "owner" && user.id === this.page.user.id) ?? false;
  }

  async #try(action: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await action();
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  async #load(): Promise<void> {
    if (this.room) this.members = await this.page.api.members(this.room.slug);
  }

  async #join(): Promise<void> {
    if (!this.room) return;
    await this.page.rooms.join(this.room.slug);
    await this.#load();
  }

  async #leave(): Promise<void> {
    if (!this.room) return;
    await this.page.rooms.leave(this.room);
    this.dialog.close();
    this.left();
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const username = String(new FormData(form).get("username") ?? "").trim();
    this.addProblem = null;
    try {
      if (this.room) await this.page.api.addMember(this.room.slug, username);
      form.reset();
      await this.#load();
    } catch (error) {
      this.addProblem = sentence(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-members": HubMembers;
  }
}
