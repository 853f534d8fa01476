/** The dialog to make a room. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ApiError, sentence } from "../api/errors.ts";
import type { Room } from "../api/types.ts";
import type { RoomList } from "../state/room-list.ts";
import { slugFor } from "../text/names.ts";
import { forms } from "./forms.ts";
import { base, buttons, problems } from "./styles.ts";

const SLUG_HINT = "Small letters, digits and hyphens. It cannot be changed later.";

type Field = "title" | "slug" | "topic";

@customElement("hub-new-room")
export class HubNewRoom extends LitElement {
  static override styles = [base, buttons, problems, forms];

  @property({ attribute: false }) list!: RoomList;
  /** Called with the room that was made. */
  @property({ attribute: false }) created: (room: Room) => void = () => undefined;
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("form") private form!: HTMLFormElement;
  @query("#slug") private slugField!: HTMLInputElement;
  @state() private busy = false;
  @state() private problem: string | null = null;
  @state() private fields: Readonly<Record<string, readonly string[]>> = {};
  /** Whether the address is the user's own, and no longer follows the title. */
  #slugChosen = false;

  show(): void {
    this.form.reset();
    this.problem = null;
    this.fields = {};
    this.#slugChosen = false;
    this.dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="heading">
      <form @submit=${this.#submit} novalidate>
        <h2 id="heading">New room</h2>
        ${this.#renderField("title", "Name", "", 100, (event) => this.#titleChanged(event))}
        ${this.#renderField("slug", "Address", SLUG_HINT, 64, (event) => this.#slugChanged(event))}
        ${this.#renderField("topic", "Topic (optional)", "", 250)}
        <label class="choice">
          <input type="checkbox" name="private" />
          <span>Private<small>Only its members know of it and can read it.</small></span>
        </label>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <div class="actions">
          <button type="button" @click=${() => this.dialog.close()}>Cancel</button>
          <button class="primary" ?disabled=${this.busy}>${this.busy ? "Making it…" : "Make room"}</button>
        </div>
      </form>
    </dialog>`;
  }

  #renderField(
    name: Field,
    label: string,
    hint: string,
    length: number,
    input?: (event: Event) => void,
  ): TemplateResult {
    const problem = this.fields[name] ? sentence(new Error(this.fields[name].join(" "))) : null;
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        name=${name}
        type="text"
        maxlength=${length}
        autocomplete="off"
        aria-invalid=${problem ? "true" : "false"}
        aria-describedby="${name}-problem ${name}-hint"
        @input=${input ?? nothing}
      />
      ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
      ${problem ? html`<p class="problem" id="${name}-problem" role="alert">${problem}</p>` : nothing}
    </div>`;
  }

  #titleChanged(event: Event): void {
    if (!this.#slugChosen) this.slugField.value = slugFor((event.target as HTMLInputElement).value);
  }

  #slugChanged(event: Event): void {
    this.#slugChosen = (event.target as HTMLInputElement).value !== "";
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const data = new FormData(this.form);
    const text = (name: Field): string => String(data.get(name) ?? "").trim();
    this.fields = missing(text("title"), text("slug"));
    this.problem = null;
    if (Object.keys(this.fields).length > 0) return this.#focusProblem();
    this.busy = true;
    try {
      const room = { slug: text("slug"), title: text("title"), topic: text("topic"), is_private: data.has("private") };
      this.created(await this.list.create(room));
      this.dialog.close();
    } catch (error) {
      this.#refused(error);
    } finally {
      this.busy = false;
    }
  }

  #refused(error: unknown): void {
    this.fields = error instanceof ApiError ? error.fields : {};
    const named = ["title", "slug", "topic"].some((name) => name in this.fields);
    this.problem = named ? null : sentence(error);
    this.#focusProblem();
  }

  #focusProblem(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }
}

function missing(title: string, slug: string): Record<string, string[]> {
  if (title === "") return { title: ["A room needs a name."] };
  return slug === "" ? { slug: ["A room needs an address: it is how links lead to it."] } : {};
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-new-room": HubNewRoom;
  }
}
