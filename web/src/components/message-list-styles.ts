/** How the list of messages looks. */

import { css } from "lit";

export const messageListStyles = css`
  :host {
    position: relative;
    display: block;
    min-height: 0;
  }

  .scroller {
    height: 100%;
    padding: 1rem 0 0.5rem;
    overflow: hidden auto;
    overscroll-behavior: contain;
    /* The list keeps its place itself: browsers do not where the top is reached. */
    overflow-anchor: none;
    scrollbar-width: thin;
    scrollbar-color: var(--line) transparent;
  }

  .scroller:focus-visible {
    outline-offset: -3px;
  }

  .content {
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    min-height: 100%;
  }

  .top {
    display: grid;
    gap: 0.5rem;
    padding: 0.5rem 1.25rem 0.75rem;
    color: var(--text-muted);
    font-size: var(--text-sm);
    place-items: center;
  }

  .day {
    display: flex;
    align-items: center;
    gap: 0.85rem;
    padding: 1.1rem 1.25rem 0.5rem;
    color: var(--text-muted);
    font-size: var(--text-xs);
    font-weight: 600;
  }

  .day::before,
  .day::after {
    flex: 1;
    height: 1px;
    content: "";
    background: var(--line);
  }

  .message {
    display: grid;
    grid-template-columns: 2.25rem minmax(0, 1fr);
    column-gap: 0.8rem;
    padding: 0.12rem 1.25rem;
  }

  .message.first {
    padding-top: 0.55rem;
  }

  .message:hover {
    background: var(--hover);
  }

  .message > * {
    grid-column: 2;
  }

  .message > hub-avatar {
    grid-row: 1 / span 2;
    grid-column: 1;
    margin-top: 0.15rem;
  }

  .by {
    display: flex;
    align-items: baseline;
    gap: 0.5rem;
    line-height: 1.35;
  }

  .by strong {
    overflow: hidden;
    font-weight: 620;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  time,
  .sending,
  .edited {
    flex: none;
    color: var(--text-muted);
    font-size: var(--text-xs);
    font-variant-numeric: tabular-nums;
  }

  /* Where the author goes on speaking, the time shows on demand, in the margin. */
  .next {
    position: relative;
  }

  .next .by {
    position: absolute;
    top: 0.3rem;
    left: 1.25rem;
    justify-content: center;
    width: 2.25rem;
    opacity: 0;
  }

  .next .by time {
    font-size: 0.625rem;
  }

  .next:hover .by {
    opacity: 1;
  }

  .body {
    max-width: 48rem;
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .pending .body {
    color: var(--text-muted);
  }

  .problem {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    padding: 0.35rem 0.75rem;
    margin-top: 0.25rem;
  }

  .problem span {
    flex: 1 1 14rem;
  }

  .problem button.plain {
    color: inherit;
    text-decoration: underline;
  }

  .empty {
    padding: 3rem 1.25rem;
    margin: auto 0;
    color: var(--text-muted);
    text-align: center;
  }

  .empty strong {
    display: block;
    color: var(--text);
    font-size: var(--text-lg);
    font-weight: 620;
  }

  button.newer {
    position: absolute;
    bottom: 0.75rem;
    left: 50%;
    padding: 0 0.9rem 0 0.7rem;
    color: var(--on-accent);
    background: var(--accent);
    border-color: transparent;
    border-radius: 2rem;
    box-shadow: var(--shadow);
    transform: translateX(-50%);
  }

  button.newer:hover {
    background: var(--accent-hover);
  }

  button.newer svg {
    width: 1rem;
    height: 1rem;
  }

  @media (max-width: 680px) {
    .message,
    .day {
      padding-inline: 1rem;
    }

    .next .by {
      left: 1rem;
    }
  }
`;
