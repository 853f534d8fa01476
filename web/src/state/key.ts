/** Idempotency keys. */

/** Return a random key of 128 bits. (`crypto.randomUUID` is missing where the page came over plain HTTP.) */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
