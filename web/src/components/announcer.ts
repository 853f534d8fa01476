/** Tells what happens to people who hear the page; nothing of it is seen. */

import { html, LitElement, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { base } from "./styles.ts";

const KEPT = 5;

@customElement("hub-announcer")
export class HubAnnouncer extends LitElement {
  static override styles = base;

  /** How the connection is. */
  @property() status = "";
  @state() private lines: readonly { id: number; text: string }[] = [];
  #count = 0;

  /** Have a line read out when there is time for it. */
  announce(text: string): void {
    this.#count += 1;
    this.lines = [...this.lines, { id: this.#count, text }].slice(-KEPT);
  }

  override render(): TemplateResult {
    return html`
      <div class="unseen" role="status">${this.status}</div>
      <div class="unseen" aria-live="polite" aria-relevant="additions">
        ${repeat(
          this.lines,
          (line) => line.id,
          (line) => html`<p>${line.text}</p>`,
        )}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-announcer": HubAnnouncer;
  }
}
