/** How dialogs and their fields look. */

import { css } from "lit";

export const forms = css`
  dialog {
    width: min(28rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 2rem);
    padding: 1.5rem;
    color: var(--text);
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius-lg);
    box-shadow: var(--shadow);
  }

  dialog[open] {
    animation: appear 160ms cubic-bezier(0.2, 0, 0, 1);
  }

  dialog::backdrop {
    background: var(--backdrop);
  }

  @keyframes appear {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }

  dialog h2 {
    margin-bottom: 1rem;
    font-size: var(--text-lg);
    font-weight: 650;
  }

  .field {
    display: block;
    margin-bottom: 1rem;
  }

  .field > span,
  .field > label {
    display: block;
    margin-bottom: 0.3rem;
    font-size: var(--text-sm);
    font-weight: 550;
  }

  input[type="text"] {
    width: 100%;
    height: 2.5rem;
    padding: 0 0.75rem;
    color: inherit;
    font: inherit;
    font-size: max(var(--text-md), 16px);
    background: var(--raised);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-md);
  }

  input[type="text"]:focus-visible {
    border-color: var(--accent);
    outline-offset: 0;
  }

  input[aria-invalid="true"] {
    border-color: var(--danger);
  }

  .field .problem {
    margin-top: 0.35rem;
  }

  .hint {
    margin-top: 0.3rem;
    color: var(--text-muted);
    font-size: var(--text-xs);
  }

  .choice {
    display: flex;
    gap: 0.6rem;
    margin-bottom: 1.25rem;
    font-size: var(--text-sm);
  }

  .choice input {
    flex: none;
    width: 1.1rem;
    height: 1.1rem;
    margin: 0.1rem 0 0;
    accent-color: var(--accent);
  }

  .choice small {
    display: block;
    color: var(--text-muted);
    font-size: var(--text-xs);
  }

  .actions {
    display: flex;
    justify-content: flex-end;
    gap: 0.5rem;
    margin-top: 0.5rem;
  }
`;
