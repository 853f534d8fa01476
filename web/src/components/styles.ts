/** Styles that several components share. */

import { css } from "lit";

/** For every component: boxes, the hidden attribute, focus. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  /* What gets the focus by a script alone, to be read out, is no control. */
  [tabindex="-1"] {
    outline: none;
  }

  a {
    color: var(--accent-text);
  }

  h1,
  h2,
  h3,
  p,
  ul,
  ol {
    margin: 0;
    padding: 0;
  }

  ul,
  ol {
    list-style: none;
  }

  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  @media (prefers-reduced-motion: reduce) {
    * {
      transition: none !important;
      animation: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

/** Buttons: `button` is quiet; `.primary` is what one came for; `.icon` is a square with a sign. */
export const buttons = css`
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4rem;
    min-height: 2.25rem;
    padding: 0 0.85rem;
    color: var(--text);
    font: inherit;
    font-size: var(--text-sm);
    font-weight: 550;
    text-decoration: none;
    background: transparent;
    border: 1px solid var(--line);
    border-radius: var(--radius-md);
    cursor: pointer;
    transition:
      background var(--quick),
      color var(--quick),
      border-color var(--quick);
  }

  button:hover,
  .button:hover {
    background: var(--hover);
  }

  button:disabled,
  button[aria-disabled="true"] {
    opacity: 0.55;
    cursor: default;
  }

  button.primary {
    color: var(--on-accent);
    background: var(--accent);
    border-color: transparent;
  }

  button.primary:hover:not(:disabled) {
    background: var(--accent-hover);
  }

  button.plain,
  button.icon,
  .button.icon {
    border-color: transparent;
  }

  button.plain {
    min-height: 1.75rem;
    padding: 0 0.5rem;
    color: var(--accent-text);
    border-radius: var(--radius-sm);
  }

  button.icon,
  .button.icon {
    flex: none;
    width: 2.25rem;
    padding: 0;
    color: var(--text-muted);
  }

  button.icon:hover,
  .button.icon:hover {
    color: var(--text);
  }

  @media (pointer: coarse) {
    button.icon,
    .button.icon {
      width: 2.75rem;
      min-height: 2.75rem;
    }
  }
`;

/** A number on a coloured ground. */
export const badges = css`
  .badge {
    display: inline-flex;
    flex: none;
    align-items: center;
    justify-content: center;
    min-width: 1.25rem;
    height: 1.25rem;
    padding: 0 0.35rem;
    color: var(--on-badge);
    font-size: 0.6875rem;
    font-weight: 700;
    font-variant-numeric: tabular-nums;
    line-height: 1;
    background: var(--badge);
    border-radius: 1rem;
  }
`;

/** A sentence about what went wrong, near its cause. */
export const problems = css`
  .problem {
    padding: 0.55rem 0.75rem;
    color: var(--danger);
    font-size: var(--text-sm);
    overflow-wrap: anywhere;
    background: var(--danger-soft);
    border-radius: var(--radius-md);
  }
`;
