/** A text as it was written: as text, never as markup, with its links. */

import { html, type TemplateResult } from "lit";
import { segments } from "../text/links.ts";

/** Return a text with its http and https links; they open in a new tab and learn nothing of this page. */
export function renderBody(text: string): (TemplateResult | string)[] {
  return segments(text).map((segment) =>
    segment.href === null
      ? segment.text
      : html`<a href=${segment.href} target="_blank" rel="noopener noreferrer nofollow ugc">${segment.text}</a>`,
  );
}
