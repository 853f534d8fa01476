/** How the list of rooms looks. */

import { css } from "lit";

export const roomListStyles = css`
  :host {
    display: block;
  }

  h3 {
    padding: 0 0.65rem;
    margin: 1.25rem 0 0.35rem;
    color: var(--text-muted);
    font-size: var(--text-xs);
    font-weight: 600;
  }

  h3:first-child {
    margin-top: 0;
  }

  li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    margin-bottom: 1px;
    border-radius: var(--radius-md);
    transition: background var(--quick);
  }

  li:hover {
    background: var(--hover);
  }

  li:has(a[aria-current]) {
    background: var(--accent-soft);
  }

  a {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 0.55rem;
    min-width: 0;
    min-height: 2.25rem;
    padding: 0 0.65rem;
    color: var(--text);
    font-size: var(--text-md);
    text-decoration: none;
    border-radius: var(--radius-md);
  }

  a:focus-visible {
    outline-offset: -2px;
  }

  a svg {
    flex: none;
    width: 1.1rem;
    height: 1.1rem;
    color: var(--text-muted);
  }

  a[aria-current] {
    color: var(--accent-text);
    font-weight: 600;
  }

  a[aria-current] svg {
    color: inherit;
  }

  .title {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .tag {
    flex: none;
    margin-left: auto;
    padding: 0.05rem 0.45rem;
    color: var(--text-muted);
    font-size: 0.6875rem;
    font-weight: 550;
    border: 1px solid var(--line);
    border-radius: 1rem;
  }

  li button.plain {
    margin-right: 0.3rem;
  }

  li .problem {
    width: 100%;
    margin: 0.25rem;
  }

  .quiet {
    padding: 0.25rem 0.65rem;
    color: var(--text-muted);
    font-size: var(--text-sm);
  }

  input {
    width: 100%;
    height: 2.25rem;
    padding: 0 0.75rem;
    margin-bottom: 1rem;
    color: inherit;
    font: inherit;
    font-size: var(--text-sm);
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: var(--radius-md);
  }

  @media (pointer: coarse) {
    a {
      min-height: 2.75rem;
    }

    input {
      /* Below 16 px a phone zooms into the field. */
      font-size: 1rem;
    }

    li button.plain {
      min-height: 2.5rem;
      padding: 0 0.85rem;
    }
  }
`;
