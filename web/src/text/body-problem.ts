/** Why a message cannot be sent as it is. */

/** The longest message that the hub takes, in characters. */
const LONGEST = 4_000;
const NUMBER = new Intl.NumberFormat();

/** Return the sentence about what is wrong with a message, or null when nothing is. */
export function bodyProblem(text: string): string | null {
  // The hub counts whole characters; a string's length counts most emoji as two.
  const length = Array.from(text.trim()).length;
  if (length <= LONGEST) return null;
  return `A message has ${NUMBER.format(LONGEST)} characters at most. This one has ${NUMBER.format(length)}.`;
}
