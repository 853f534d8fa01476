/** How many notifications are unread. */

import { html, nothing, type TemplateResult } from "lit";

/** Return the badge, to be drawn with the shared `badges` styles; nothing when all is read. */
export function unreadBadge(unread: number): TemplateResult | typeof nothing {
  if (unread === 0) return nothing;
  const shown = unread > 99 ? "99+" : unread;
  return html`<span class="badge" data-unread=${unread}>${shown}<span class="unseen">&nbsp;unread</span></span>`;
}
