/**
 * Why a request has no result.
 *
 *     RequestError
 *     ├── ApiError     the hub answered that it will not
 *     └── Unreachable  no answer came
 */

export class RequestError extends Error {}

export class ApiError extends RequestError {
  /**
   * `status` is the HTTP status, `code` one of the hub's error codes (0 where the answer was not the hub's own),
   * `fields` the problems by field of what was sent.
   */
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly fields: Readonly<Record<string, readonly string[]>> = {},
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get temporary(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

export class Unreachable extends RequestError {
  constructor() {
    super("The hub cannot be reached right now.");
  }
}

/** Return a sentence for people about anything that was thrown. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message.trim() : "";
  if (text === "") return "Something went wrong.";
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
