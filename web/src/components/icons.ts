/** The signs on buttons and rooms: lines on a grid of 24 units, in the colour of the text around. */

import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

function icon(paths: SVGTemplateResult): TemplateResult {
  return html`<svg
    viewBox="0 0 24 24"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${paths}
  </svg>`;
}

export const icons = {
  back: icon(svg`<path d="M15 5l-7 7 7 7" />`),
  bell: icon(svg`<path d="M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6 2 6h-15s2-1 2-6ZM10.2 19.5a2 2 0 0 0 3.6 0" />`),
  check: icon(svg`<path d="M5 12.5l4.5 4.5L19 7.5" />`),
  checks: icon(svg`<path d="M2.5 12.5L7 17l9-9.5M12 16l1 1 8.5-9.5" />`),
  close: icon(svg`<path d="M6 6l12 12M18 6L6 18" />`),
  down: icon(svg`<path d="M12 5v13M6.5 12.5L12 18l5.5-5.5" />`),
  hash: icon(svg`<path d="M9.5 4l-2 16M16.5 4l-2 16M4.5 9h16M3.5 15h16" />`),
  leave: icon(svg`<path d="M14 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10.5 12H20M16.5 8.5L20 12l-3.5 3.5" />`),
  lock: icon(
    svg`<path d="M7.5 10.5V8a4.5 4.5 0 0 1 9 0v2.5M6.5 10.5h11a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z" />`,
  ),
  people: icon(
    svg`<path d="M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5M15.5 4.9a3.5 3.5 0 0 1 0 6.2M18 14.6c2 .8 3.2 2.5 3.5 4.9" />`,
  ),
  plus: icon(svg`<path d="M12 5.5v13M5.5 12h13" />`),
  send: icon(svg`<path d="M12 19V5.5M6 11l6-6 6 6" />`),
  tools: icon(
    svg`<path d="M4 7.5h9M19 7.5h1M4 16.5h1M11 16.5h9M16 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 19a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z" />`,
  ),
} as const;
