/** How the inbox looks. */

import { css } from "lit";

export const inboxStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--surface);
  }

  .head {
    display: flex;
    flex: none;
    align-items: center;
    gap: 0.25rem;
    height: 4rem;
    padding: 0 0.75rem 0 1.25rem;
    border-bottom: 1px solid var(--line);
  }

  h2 {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 0.5rem;
    font-size: 1.0625rem;
    font-weight: 650;
    border-radius: var(--radius-sm);
  }

  .head button.plain {
    font-weight: 500;
    white-space: nowrap;
  }

  .head button.plain svg {
    width: 1.1rem;
    height: 1.1rem;
  }

  .head button.plain:disabled {
    color: var(--text-muted);
  }

  .problem {
    margin: 0.75rem 1rem 0;
  }

  .scroller {
    flex: 1;
    min-height: 0;
    padding-bottom: 1rem;
    overflow: hidden auto;
    scrollbar-width: thin;
    scrollbar-color: var(--line) transparent;
  }

  li {
    position: relative;
    display: flex;
    align-items: flex-start;
    gap: 0.65rem;
    padding: 0.8rem 0.75rem 0.8rem 1.25rem;
    border-bottom: 1px solid var(--line);
  }

  .dot {
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    margin-top: 0.45rem;
    border-radius: 50%;
  }

  .unread .dot {
    background: var(--badge);
  }

  .text {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  h3 {
    font-size: var(--text-md);
    font-weight: 500;
    line-height: 1.4;
  }

  .unread h3 {
    font-weight: 640;
  }

  li:has(a):hover {
    background: var(--hover);
  }

  h3 a {
    color: inherit;
    text-decoration: none;
  }

  /* The whole notification is the link. */
  h3 a::after {
    position: absolute;
    inset: 0;
    content: "";
  }

  h3 a:focus-visible {
    outline: none;
  }

  h3 a:focus-visible::after {
    outline: 2px solid var(--accent);
    outline-offset: -3px;
    border-radius: var(--radius-md);
  }

  h3 a:hover {
    text-decoration: underline;
    text-underline-offset: 0.18em;
  }

  .body {
    display: -webkit-box;
    overflow: hidden;
    color: var(--text-muted);
    font-size: var(--text-sm);
    line-height: 1.45;
    white-space: pre-line;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
  }

  .about {
    margin-top: 0.2rem;
    color: var(--text-muted);
    font-size: var(--text-xs);
  }

  .about::first-letter {
    text-transform: uppercase;
  }

  li button.icon {
    position: relative;
    z-index: 1;
    margin-top: -0.35rem;
  }

  .empty {
    display: grid;
    gap: 0.15rem;
    padding: 4rem 1.5rem;
    color: var(--text-muted);
    font-size: var(--text-sm);
    text-align: center;
    place-items: center;
  }

  .empty strong {
    color: var(--text);
    font-size: var(--text-md);
    font-weight: 620;
  }

  .empty svg {
    width: 2rem;
    height: 2rem;
    margin-bottom: 0.5rem;
    stroke-width: 1.4;
  }

  .more {
    padding: 1rem;
    text-align: center;
  }

  @media (max-width: 680px) {
    .head {
      height: 3.5rem;
      padding: 0 0.5rem;
    }

    li {
      padding-inline: 1rem 0.5rem;
    }
  }
`;
