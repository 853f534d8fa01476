/** How the left side of the page looks. */

import { css } from "lit";

export const sidebarStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    padding: 0 0.75rem;
    overflow: hidden;
    background: var(--canvas);
  }

  header {
    display: flex;
    flex: none;
    align-items: center;
    justify-content: space-between;
    height: 4rem;
    padding: 0 0.65rem;
  }

  h1 {
    display: flex;
    align-items: center;
    gap: 0.55rem;
    font-size: 1.1875rem;
    font-weight: 680;
    letter-spacing: -0.02em;
  }

  .bubble {
    fill: var(--accent);
  }

  .sound {
    fill: none;
    stroke: var(--on-accent);
    stroke-width: 2.8;
    stroke-linecap: round;
  }

  button.inbox {
    flex: none;
    justify-content: flex-start;
    gap: 0.55rem;
    min-height: 2.5rem;
    padding: 0 0.65rem;
    font-size: var(--text-md);
    background: var(--surface);
    border-color: var(--line);
  }

  button.inbox svg {
    width: 1.2rem;
    height: 1.2rem;
    color: var(--text-muted);
  }

  button.inbox:hover {
    background: var(--raised);
    border-color: var(--line-strong);
  }

  button.inbox .badge {
    margin-left: auto;
  }

  nav {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-height: 0;
  }

  .heading {
    display: flex;
    flex: none;
    align-items: center;
    justify-content: space-between;
    padding: 1.25rem 0 0.35rem 0.65rem;
  }

  h2 {
    font-size: var(--text-md);
    font-weight: 650;
  }

  hub-room-list {
    flex: 1;
    min-height: 0;
    padding: 3px 3px 1rem;
    margin: 0 -3px;
    overflow: hidden auto;
    scrollbar-width: thin;
  }

  footer {
    display: flex;
    flex: none;
    align-items: center;
    gap: 0.15rem;
    padding: 0.65rem 0.4rem max(0.65rem, env(safe-area-inset-bottom));
    margin: 0 -0.75rem;
    padding-inline: 1.1rem 0.75rem;
    border-top: 1px solid var(--line);
  }

  footer form {
    display: contents;
  }

  .who {
    flex: 1;
    min-width: 0;
    margin-left: 0.5rem;
    font-size: var(--text-sm);
    line-height: 1.3;
  }

  .who strong,
  .who span {
    display: block;
    overflow: hidden;
    font-weight: 600;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .who span {
    color: var(--text-muted);
    font-weight: 400;
  }
`;
