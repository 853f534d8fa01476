/**
 * Why a command has no result.
 *
 *     CommandError
 *     ├── CommandRefused     the server said no
 *     ├── CommandTimeout     the server said nothing
 *     ├── ConnectionDropped  the connection was lost before the answer
 *     └── ConnectionClosed   the connection ended for good
 */

import { errorCodes } from "centrifuge";

export class CommandError extends Error {}

export class CommandRefused extends CommandError {
  /** `code` is one of the hub's error codes; `temporary` means that the same command may succeed later. */
  constructor(
    readonly code: number,
    message: string,
    readonly temporary: boolean,
  ) {
    super(message);
  }
}

export class CommandTimeout extends CommandError {
  constructor() {
    super("The hub did not answer in time.");
  }
}

export class ConnectionDropped extends CommandError {
  constructor() {
    super("The connection was lost before the hub answered.");
  }
}

export class ConnectionClosed extends CommandError {
  /** `reason` is a sentence for people. */
  constructor(reason: string) {
    super(reason);
  }
}

/** Return the error for what the client library rejects a call with. */
export function commandError(thrown: unknown): CommandError {
  const { code = 0, message = "", temporary = false } = thrown as LibraryError;
  if (code >= FIRST_OF_HUB) return new CommandRefused(code, message, temporary);
  return code === errorCodes.timeout ? new CommandTimeout() : new ConnectionDropped();
}

interface LibraryError {
  readonly code?: number;
  readonly message?: string;
  readonly temporary?: boolean;
}

/** Codes below are the library's own. */
const FIRST_OF_HUB = 100;
