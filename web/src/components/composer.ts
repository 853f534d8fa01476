/** Where a message is written. Enter sends it, Shift and Enter starts a new line. */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import type { RoomSession } from "../state/room-session.ts";
import { bodyProblem } from "../text/body-problem.ts";
import { icons } from "./icons.ts";
import { base, buttons, problems } from "./styles.ts";

/** The field grows with its text up to this height, in pixels. */
const TALLEST = 180;

@customElement("hub-composer")
export class HubComposer extends LitElement {
  static override styles = [
    base,
    buttons,
    problems,
    css`
      :host {
        display: block;
        padding: 0 1.25rem max(1rem, env(safe-area-inset-bottom));
      }

      form {
        display: flex;
        align-items: flex-end;
        gap: 0.25rem;
        padding: 0.3rem;
        background: var(--raised);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-lg);
        transition: border-color var(--quick);
      }

      form:focus-within {
        border-color: var(--accent);
        box-shadow: 0 0 0 1px var(--accent);
      }

      textarea {
        flex: 1;
        min-width: 0;
        padding: 0.45rem 0.65rem;
        overflow-y: auto;
        color: inherit;
        font: inherit;
        font-size: max(var(--text-md), 16px);
        line-height: 1.4;
        background: none;
        border: 0;
        resize: none;
      }

      /* The frame around it shows the focus. */
      textarea:focus-visible {
        outline: none;
      }

      textarea::placeholder {
        color: var(--text-muted);
        opacity: 1;
      }

      button.icon.send {
        width: 2.25rem;
        min-height: 2.25rem;
        color: var(--on-accent);
        background: var(--accent);
        border-radius: 0.7rem;
      }

      button.icon.send:hover {
        background: var(--accent-hover);
      }

      button.icon.send[aria-disabled="true"] {
        color: var(--text-muted);
        background: var(--hover);
        opacity: 1;
      }

      .problem {
        margin-bottom: 0.5rem;
      }

      @media (max-width: 680px) {
        :host {
          padding-inline: 0.75rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) session!: RoomSession;
  /** The room's title. */
  @property() room = "";
  /** What is written in each room and not sent. */
  @property({ attribute: false }) drafts!: Map<string, string>;
  @state() private text = "";
  @query("textarea") private field!: HTMLTextAreaElement;

  override focus(): void {
    this.field.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("session")) this.text = this.drafts.get(this.session.slug) ?? "";
  }

  protected override updated(): void {
    // Style sheets cannot make a field as tall as its text in every browser yet.
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST)}px`;
  }

  override render(): TemplateResult {
    const problem = bodyProblem(this.text);
    return html`
      ${problem ? html`<p class="problem" id="problem" role="alert">${problem}</p>` : nothing}
      <form @submit=${this.#submit}>
        <textarea
          rows="1"
          aria-label="Message to ${this.room}"
          aria-describedby=${problem ? "problem" : nothing}
          aria-invalid=${problem ? "true" : "false"}
          placeholder="Message ${this.room}"
          title="Enter sends, Shift and Enter starts a new line"
          enterkeyhint="send"
          .value=${live(this.text)}
          @input=${this.#changed}
          @keydown=${this.#keyPressed}
        ></textarea>
        <button
          class="icon send"
          aria-label="Send"
          title="Send"
          aria-disabled=${this.text.trim() === "" || problem !== null}
        >
          ${icons.send}
        </button>
      </form>
    `;
  }

  #changed(): void {
    this.#write(this.field.value);
    if (this.text.trim() !== "") this.session.typing();
  }

  #keyPressed(event: KeyboardEvent): void {
    // While a word is composed (Japanese, say), Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    const body = this.text.trim();
    if (body !== "" && bodyProblem(this.text) === null) {
      this.session.post(body);
      this.#write("");
    }
    this.field.focus();
  }

  #write(text: string): void {
    this.text = text;
    if (text === "") this.drafts.delete(this.session.slug);
    else this.drafts.set(this.session.slug, text);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-composer": HubComposer;
  }
}
