/** How many people are in the room, and, behind it, who. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Presence } from "../state/presence.ts";
import { hereSentence, othersSentence } from "../text/names.ts";
import "./avatar.ts";
import { base, buttons } from "./styles.ts";

@customElement("hub-presence")
export class HubPresence extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      :host {
        position: relative;
        flex: none;
      }

      button {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }

      i {
        width: 0.5rem;
        height: 0.5rem;
        background: var(--ok);
        border-radius: 50%;
      }

      .panel {
        position: absolute;
        top: calc(100% + 0.4rem);
        right: 0;
        z-index: 5;
        width: max-content;
        min-width: 12rem;
        max-width: min(20rem, 80vw);
        max-height: 50vh;
        padding: 0.4rem;
        overflow: hidden auto;
        background: var(--raised);
        border: 1px solid var(--line);
        border-radius: var(--radius-md);
        box-shadow: var(--shadow);
      }

      li {
        display: flex;
        align-items: center;
        gap: 0.6rem;
        padding: 0.3rem 0.4rem;
        font-size: var(--text-sm);
      }

      li span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      hub-avatar {
        width: 1.75rem;
        height: 1.75rem;
      }

      .panel p {
        padding: 0.3rem 0.4rem;
        color: var(--text-muted);
        font-size: var(--text-xs);
      }
    `,
  ];

  /** Null while it is not known: then nothing is shown. */
  @property({ attribute: false }) presence: Presence | null = null;
  @state() private open = false;
  @query("button") private button!: HTMLButtonElement | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.#keyPressed);
    this.addEventListener("focusout", this.#focusLeft);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("keydown", this.#keyPressed);
    this.removeEventListener("focusout", this.#focusLeft);
  }

  override render(): TemplateResult | typeof nothing {
    const { presence } = this;
    if (presence === null) return nothing;
    return html`<button
        class="plain"
        aria-expanded=${this.open ? "true" : "false"}
        aria-controls="panel"
        title=${presence.users.map((user) => user.display_name).join(", ")}
        @click=${() => (this.open = !this.open)}
      >
        <i></i>${hereSentence(presence.total)}
      </button>
      ${this.open ? this.#renderPanel(presence) : nothing}`;
  }

  #renderPanel(presence: Presence): TemplateResult {
    const others = othersSentence(presence.total - presence.users.length);
    // Of itself it cannot be scrolled by keyboard: so it takes the focus.
    return html`<div class="panel" id="panel" role="region" aria-label="Who is here" tabindex="0">
      <ul role="list">
        ${presence.users.map(
          ({ username, display_name: name }) =>
            html`<li><hub-avatar .name=${name} .handle=${username}></hub-avatar><span>${name}</span></li>`,
        )}
      </ul>
      ${others === "" ? nothing : html`<p>${others}</p>`}
    </div>`;
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.open) return;
    event.stopPropagation();
    this.open = false;
    this.button?.focus();
  };

  readonly #focusLeft = (event: FocusEvent): void => {
    const next = event.relatedTarget;
    if (!(next instanceof Node && (next === this || this.contains(next)))) this.open = false;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-presence": HubPresence;
  }
}
