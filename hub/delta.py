"""Delivering to clients that understand patches: what has changed since the event before, where they have that.

The patch from one event to the next is the same for everyone who got the first: it is made once in a process, at the
first reader that needs it, and so are its frames. Whoever did not just get the event before gets the data as they are:
at the beginning, after it was parked, and behind an ephemeral event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from hub.core import fossil
from hub.core.outbox import Budget
from hub.core.publications import client_event
from hub.core.wire import DeltaFormat, Payload, WireFormat
from hub.deliver import Batch, EncodedEvent, Reader


class PatchedEvent(EncodedEvent):
    """An event as a patch of the one before it; as it is where the patch would be no shorter.

    Arguments:
        whole: the event.
        before: the event before it, in the same stream.
    """

    __slots__ = ("_patch",)

    def __init__(self, whole: EncodedEvent, before: EncodedEvent) -> None:
        # Neither of the two is kept: the event keeps this one, and in a circle they would wait for the collector.
        super().__init__(whole.event, whole.stream)
        data = whole.event.data.encode()
        patch = fossil.create(before.event.data.encode(), data)
        self._patch = patch if len(patch) < len(data) else None

    def message(self, wire: WireFormat) -> Payload:
        """Return the patch as a message of a delta format."""
        if self._patch is None:
            return super().message(wire)
        message = self._messages.get(wire)
        if message is None:
            message = cast(DeltaFormat, wire).encode_patch(self.stream, self.event, self._patch)
            self._messages[wire] = message
        return message


class DeltaReader(Reader):
    """One connection's reading of one stream, by a client that understands patches.

    Arguments:
        wire: the format that the client reads; all others as with `Reader`.
    """

    __slots__ = ("_before",)

    def __init__(
        self,
        stream: str,
        send: Callable[[Any], Awaitable[None]],
        outbox_limit: int | Budget,
        write: Callable[[bytes], bool] | None,
        wire: DeltaFormat,
        turns: asyncio.Semaphore | None = None,
    ) -> None:
        super().__init__(stream, send, outbox_limit, write, wire, turns)
        # The last event that the client has, or will have before what comes next; None where nothing can be a patch.
        self._before: EncodedEvent | None = None

    def take(self, batch: Batch) -> bool:
        """Send events that follow what was sent before, or queue them, as `Reader.take` does."""
        before, self._before = self._before, last_told(batch.events, self._before)
        # Where there is no room it reads on from the log, before these events: none of what it then gets is the next
        # after them, and so the first is no patch.
        return super().take(patched_batch(batch, before))

    async def _send_page(self, events: list[EncodedEvent]) -> None:
        await super()._send_page(patched(events, self._before))
        self._before = last_told(events, self._before)


def patched_batch(batch: Batch, before: EncodedEvent | None) -> Batch:
    """Return a batch as patches, the same one for all readers that have the same.

    Arguments:
        before: the last event that the reader has, or None.
    """
    if batch.patched is None:
        batch.patched = {}
    follows = _begins_with_patch(batch.events, before)
    found = batch.patched.get(follows)
    if found is None:
        found = batch.patched[follows] = Batch(patched(batch.events, before))
    return found


def patched(events: Sequence[EncodedEvent], before: EncodedEvent | None) -> list[EncodedEvent]:
    """Return events as patches where the reader has the one before; arguments as with `patched_batch`."""
    result = []
    for event in events:
        result.append(_patched(event, before))
        before = last_told([event], before)
    return result


def last_told(events: Sequence[EncodedEvent], before: EncodedEvent | None) -> EncodedEvent | None:
    """Return the event that a reader has last when it has got these; None where the next cannot be a patch."""
    for event in reversed(events):
        if event.offset is not None:
            return event
        # An ephemeral event may have been dropped: nobody knows what the client has. News of clients have no data.
        if not client_event(event.event):
            return None
    return before


def _begins_with_patch(events: Sequence[EncodedEvent], before: EncodedEvent | None) -> bool:
    for event in events:
        if event.offset is not None:
            return _follows(event, before)
        if not client_event(event.event):
            return False
    return False


def _patched(event: EncodedEvent, before: EncodedEvent | None) -> EncodedEvent:
    if before is None or not _follows(event, before):
        return event
    if event.patched is None:
        event.patched = PatchedEvent(event, before)
    return event.patched


def _follows(event: EncodedEvent, before: EncodedEvent | None) -> bool:
    return event.offset is not None and before is not None and before.offset == event.offset - 1
