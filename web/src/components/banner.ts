/** A line above the room while the connection is down, and for a moment when it is back. */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Timer } from "../connection/timer.ts";
import { healthSentence, type Health } from "../state/health.ts";
import { base, buttons } from "./styles.ts";

const GOOD_NEWS_MS = 4_000;

@customElement("hub-banner")
export class HubBanner extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      div {
        display: flex;
        align-items: center;
        gap: 0.25rem 0.75rem;
        min-height: 2.75rem;
        padding: 0.35rem 1rem;
        font-size: var(--text-sm);
        font-weight: 500;
      }

      .down,
      .ended {
        color: var(--warn);
        background: var(--warn-soft);
      }

      .restored {
        color: var(--ok);
        background: var(--ok-soft);
      }

      p {
        flex: 1;
      }

      button.plain {
        color: inherit;
        white-space: nowrap;
        border-color: currentcolor;
      }
    `,
  ];

  @property({ attribute: false }) health: Health = { kind: "starting" };
  @property({ attribute: false }) retry: () => void = () => undefined;
  @state() private seen = false;
  readonly #hide = new Timer();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#hide.stop();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("health")) return;
    this.seen = false;
    this.#hide.stop();
    if (this.health.kind === "restored") this.#hide.start(GOOD_NEWS_MS, () => (this.seen = true));
  }

  override render(): TemplateResult | typeof nothing {
    const { kind } = this.health;
    if (kind === "starting" || kind === "live" || this.seen) return nothing;
    return html`<div class=${kind}>
      <p>${healthSentence(this.health)}</p>
      ${canRetry(this.health) ? html`<button class="plain" @click=${this.retry}>Try now</button>` : nothing}
    </div>`;
  }
}

function canRetry(health: Health): boolean {
  return health.kind === "ended" || (health.kind === "down" && !health.offline);
}

declare global {
  interface HTMLElementTagNameMap {
    "hub-banner": HubBanner;
  }
}
