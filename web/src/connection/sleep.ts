/** Noticing that the machine was asleep: connections are dead then, and nothing says so. */

const EVERY_MS = 10_000;
/** Browsers call the timers of a hidden page once a minute; a longer pause is sleep. */
const SLEPT_MS = 90_000;

/** Call `woke` each time the machine has slept, as long as the page lives. */
export function watchSleep(woke: () => void): void {
  let seen = Date.now();
  setInterval(() => {
    const before = seen;
    seen = Date.now();
    if (seen - before > SLEPT_MS) woke();
  }, EVERY_MS);
}
