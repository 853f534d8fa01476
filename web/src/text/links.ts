/** Finding the links in a text. */

export interface Segment {
  readonly text: string;
  /** Where it leads; null for plain text. */
  readonly href: string | null;
}

const LINK = /https?:\/\/[^\s<>"'`]+/gi;
/** What usually ends the sentence around a link, and not the link. */
const ENDING = /[.,;:!?…]$/;

/** Cut a text into plain parts and links. Only http and https count: anything else could run code. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = withoutEnding(match[0]);
    const href = safeHref(link);
    if (href === null) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index), href: null });
    found.push({ text: link, href });
    end = match.index + link.length;
  }
  if (end < text.length) found.push({ text: text.slice(end), href: null });
  return found;
}

/** Return an http or https address as a browser understands it, or null for anything else. */
export function safeHref(text: string, base?: string): string | null {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}

function withoutEnding(link: string): string {
  let kept = link;
  while (ENDING.test(kept) || endsWithLoneBracket(kept)) kept = kept.slice(0, -1);
  return kept;
}

/** Wikipedia's addresses have brackets; a bracket that was opened before the link is not part of it. */
function endsWithLoneBracket(link: string): boolean {
  return link.endsWith(")") && link.split(")").length > link.split("(").length;
}
