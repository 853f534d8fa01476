/** How the open room looks, around its messages. */

import { css } from "lit";

export const roomViewStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    height: 100%;
    min-height: 0;
  }

  header {
    display: flex;
    flex: none;
    align-items: center;
    gap: 0.25rem;
    height: 4rem;
    padding: 0 1rem 0 1.25rem;
    border-bottom: 1px solid var(--line);
  }

  .name {
    flex: 1;
    min-width: 0;
  }

  h2 {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    font-size: 1.0625rem;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.01em;
    border-radius: var(--radius-sm);
  }

  h2 span,
  .name p {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  h2 svg {
    flex: none;
    width: 1.15rem;
    height: 1.15rem;
    color: var(--text-muted);
  }

  .name p {
    color: var(--text-muted);
    font-size: var(--text-sm);
    line-height: 1.35;
  }

  hub-message-list {
    flex: 1;
  }

  .typing {
    display: flex;
    flex: none;
    align-items: center;
    gap: 0.5rem;
    height: 1.5rem;
    padding: 0 1.25rem 0.15rem;
    overflow: hidden;
    color: var(--text-muted);
    font-size: var(--text-xs);
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .dots {
    display: inline-flex;
    gap: 3px;
  }

  .dots i {
    width: 5px;
    height: 5px;
    background: currentcolor;
    border-radius: 50%;
    animation: hop 1.2s ease-in-out infinite;
  }

  .dots i:nth-child(2) {
    animation-delay: 150ms;
  }

  .dots i:nth-child(3) {
    animation-delay: 300ms;
  }

  @keyframes hop {
    0%,
    60%,
    100% {
      opacity: 0.35;
    }

    30% {
      opacity: 1;
      transform: translateY(-2px);
    }
  }

  .hint {
    padding: 0 1.25rem 0.4rem;
    color: var(--text-muted);
    font-size: var(--text-xs);
  }

  .closed {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    padding: 0.75rem;
    margin: 0 1.25rem max(1rem, env(safe-area-inset-bottom));
    color: var(--text-muted);
    font-size: var(--text-sm);
    background: var(--hover);
    border-radius: var(--radius-lg);
  }

  .closed svg {
    flex: none;
    width: 1.1rem;
    height: 1.1rem;
  }

  .failure {
    display: grid;
    gap: 0.5rem;
    padding: 1.5rem;
    margin: auto;
    text-align: center;
    place-items: center;
  }

  .failure strong {
    font-size: var(--text-lg);
    font-weight: 620;
  }

  .failure p {
    margin-bottom: 0.75rem;
    color: var(--text-muted);
  }

  @media (max-width: 680px) {
    header {
      height: 3.5rem;
      padding: 0 0.5rem;
    }

    .typing,
    .hint {
      padding-inline: 1rem;
    }
  }
`;
