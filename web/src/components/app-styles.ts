/** Where the parts of the page stand, at every width. */

import { css } from "lit";

export const appStyles = css`
  :host {
    display: block;
    height: 100dvh;
  }

  .panes {
    display: grid;
    grid-template-rows: minmax(0, 1fr);
    grid-template-columns: 17rem minmax(0, 1fr);
    height: 100%;
  }

  .panes.with-inbox {
    grid-template-columns: 17rem minmax(0, 1fr) 22rem;
  }

  main {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--surface);
    border-left: 1px solid var(--line);
  }

  hub-room-view {
    flex: 1;
  }

  hub-inbox {
    border-left: 1px solid var(--line);
  }

  .welcome {
    display: grid;
    flex: 1;
    gap: 0.25rem;
    padding: 1.5rem;
    color: var(--text-muted);
    text-align: center;
    align-content: center;
  }

  .welcome h2 {
    color: var(--text);
    font-size: 1.375rem;
    font-weight: 650;
    letter-spacing: -0.02em;
  }

  .bell {
    position: relative;
  }

  .bell .badge {
    position: absolute;
    top: 0.1rem;
    left: 1.35rem;
    box-shadow: 0 0 0 2px var(--surface);
  }

  .skip {
    position: absolute;
    top: 0.5rem;
    left: 0.5rem;
    z-index: 3;
    color: var(--on-accent);
    background: var(--accent);
    box-shadow: var(--shadow);
  }

  .skip:not(:focus) {
    clip-path: inset(50%);
    pointer-events: none;
  }

  /* Not wide enough for three: the inbox lies over the room. */
  @media (min-width: 681px) and (max-width: 1119px) {
    .panes,
    .panes.with-inbox {
      position: relative;
      grid-template-columns: 15rem minmax(0, 1fr);
      overflow: hidden;
    }

    hub-inbox {
      position: absolute;
      top: 0;
      right: 0;
      bottom: 0;
      z-index: 1;
      width: min(22rem, 60%);
      box-shadow: var(--shadow);
      animation: slide 160ms cubic-bezier(0.2, 0, 0, 1);
    }

    @keyframes slide {
      from {
        opacity: 0;
        transform: translateX(1rem);
      }
    }
  }

  /* A phone: one pane at a time. */
  @media (max-width: 680px) {
    .panes,
    .panes.with-inbox {
      grid-template-columns: minmax(0, 1fr);
    }

    main,
    hub-inbox {
      border-left: 0;
    }

    .panes[data-pane="rooms"] > :not(hub-sidebar),
    .panes[data-pane="room"] > :not(main),
    .panes[data-pane="inbox"] > :not(hub-inbox) {
      display: none;
    }
  }
`;
