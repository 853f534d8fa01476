/** Times as people say them, in the browser's language and time zone. */

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const SHORT_DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Return the time of day, for example `14:05`. */
export function timeOfDay(iso: string): string {
  return TIME.format(new Date(iso));
}

/** Return everything about a moment, for whoever asks for it. */
export function fullTime(iso: string): string {
  return FULL.format(new Date(iso));
}

/** Return the day as a heading: `Today`, `Yesterday`, `Monday 3 March`, and with the year when it is another. */
export function dayLabel(iso: string, now: Date): string {
  const day = new Date(iso);
  const ago = daysBetween(day, now);
  if (ago === 0 || ago === 1) return capital(RELATIVE.format(-ago, "day"));
  return day.getFullYear() === now.getFullYear() ? DAY.format(day) : DAY_AND_YEAR.format(day);
}

/** Return how long ago something was, in few characters: `now`, `5 min`, `14:05`, `3 Mar`. */
export function shortAge(iso: string, now: Date): string {
  const moment = new Date(iso);
  const minutes = Math.floor((now.getTime() - moment.getTime()) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  return daysBetween(moment, now) === 0 ? TIME.format(moment) : SHORT_DAY.format(moment);
}

/** Return whether two moments are on the same day where the reader is. */
export function sameDay(one: string, other: string): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function daysBetween(day: Date, now: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(day)) / 86_400_000);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
