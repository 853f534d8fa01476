/** Names of people and rooms, as they are shown. */

import type { User } from "../api/types.ts";

/** Return the name of a message's author. */
export function authorName(author: User | null): string {
  return author?.display_name ?? "Deleted user";
}

/** Return one or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => Array.from(word ?? "")[0] ?? "");
  return letters.join("").toLocaleUpperCase() || "?";
}

/** Return one of `count` numbers from 0 on for a name, always the same one. */
export function pick(name: string, count: number): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % count;
}

/** Return the sentence about who is typing, or an empty text when nobody is. */
export function typingSentence(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return `${names.length} people are typing…`;
}

/** Return how many people are in a room, as it is shown beside the room's name. */
export function hereSentence(count: number): string {
  return `${count} here`;
}

/** Return the sentence about those who are not named, or an empty text when everybody is. */
export function othersSentence(count: number): string {
  if (count <= 0) return "";
  return count === 1 ? "and one more" : `and ${count} more`;
}

/** Return the slug that suits a room's title: small letters, digits and hyphens, up to 64 characters. */
export function slugFor(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|-+$/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
}

/** Return the kind of a notification as people read it: `order.placed` is `order placed`. */
export function kindName(kind: string): string {
  return kind.replaceAll(/[._-]+/g, " ");
}
