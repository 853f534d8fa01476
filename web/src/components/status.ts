/** The connection in one word, beside the name of the site. */

import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Health } from "../state/health.ts";
import { base } from "./styles.ts";

const WORDS: Readonly<Record<Health["kind"], string>> = {
  starting: "Connecting",
  live: "Live",
  restored: "Live",
  down: "Reconnecting",
  ended: "Not connected",
};

@customElement("hub-status")
export class HubStatus extends LitElement {
  static override styles = [
    base,
    css`
      p {
        display: flex;
        align-items: center;
        gap: 0.4rem;
        color: var(--text-muted);
        font-size: var(--text-xs);
        font-weight: 550;
      }

      .dot {
        width: 0.5rem;
        height: 0.5rem;
        background: var(--line-strong);
        border-radius: 50%;
      }

      .live .dot {
        background: var(--ok);
        box-shadow: 0 0 0 3px var(--ok-soft);
      }

      .down,
      .ended {
        color: var(--warn);
      }

      .down .dot {
        background: var(--warn);
        animation: breathe 1.4s ease-in-out infinite alternate;
      }

      .ended .dot {
        background: var(--warn);
      }

      @keyframes breathe {
        to {
          opacity: 0.3;
        }
      }
    `,
  ];

  @property({ attribute: false }) health: Health = { kind: "starting" };

  override render(): TemplateResult {
    const { kind } = this.health;
    const word = kind === "down" && this.health.offline ? "Offline" : WORDS[kind];
    return html`<p class=${kind === "restored" ? "live" : kind}><span class="dot"></span>${word}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-status": HubStatus;
  }
}
