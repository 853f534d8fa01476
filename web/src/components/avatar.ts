/** One or two letters on a colour that stand for a person. */

import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { initials, pick } from "../text/names.ts";

const HUES = 6;

@customElement("hub-avatar")
export class HubAvatar extends LitElement {
  static override styles = css`
    :host {
      display: block;
      flex: none;
      width: 2.25rem;
      height: 2.25rem;
    }

    span {
      display: grid;
      height: 100%;
      font-size: var(--text-sm);
      font-weight: 650;
      letter-spacing: 0.01em;
      border-radius: 30%;
      place-items: center;
      user-select: none;
    }

    .hue-0 {
      color: var(--on-hue-0);
      background: var(--hue-0);
    }

    .hue-1 {
      color: var(--on-hue-1);
      background: var(--hue-1);
    }

    .hue-2 {
      color: var(--on-hue-2);
      background: var(--hue-2);
    }

    .hue-3 {
      color: var(--on-hue-3);
      background: var(--hue-3);
    }

    .hue-4 {
      color: var(--on-hue-4);
      background: var(--hue-4);
    }

    .hue-5 {
      color: var(--on-hue-5);
      background: var(--hue-5);
    }
  `;

  /** The name that is shown beside it. */
  @property() name = "";
  /** What decides the colour, and stays when the name changes. */
  @property() handle = "";

  override render(): TemplateResult {
    return html`<span class="hue-${pick(this.handle, HUES)}" aria-hidden="true">${initials(this.name)}</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-avatar": HubAvatar;
  }
}
