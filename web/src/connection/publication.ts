/** How an event of a stream comes over the protocol: its type is a tag. */

import type { PublicationContext } from "centrifuge";
import type { StreamEvent } from "./stream.ts";

/** What a publication is that names no type. */
const PLAIN = "message";

/** Return the event that a publication carries. */
export function streamEvent({ offset, tags, data }: PublicationContext): StreamEvent {
  return { offset: offset ?? null, type: tags?.["type"] ?? PLAIN, data };
}
