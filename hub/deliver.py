"""Delivering: handing encoded events to the connections of this process.

A reader is either live, and gets what the dispatcher offers, or behind, and reads from the log at its own pace. It
joins behind, it is parked behind when its outbox is full, and it becomes live again when it stands where the process
stands. So joining, coming back and being slow are one thing, and a reader costs a bounded number of bytes (P4).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property

from hub.core.codecs import plain
from hub.core.events import Event
from hub.core.outbox import Outbox

#: Replies that may wait for one client before no more of its commands are carried out.
MAX_REPLIES = 64


class EncodedEvent:
    """An event with its encodings, each made once in a process, at the first reader that needs it."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.offset = event.offset
        self.size = event.size

    @cached_property
    def plain(self) -> str:
        """The event in the plain wire format."""
        return plain.encode_event(self.event)


class Reader:
    """One connection's reading of one stream.

    Arguments:
        stream: the stream's name.
        send: sends one text message to the client; may wait while the client does not read.
        outbox_limit: most bytes of events that may wait here.
    """

    def __init__(self, stream: str, send: Callable[[str], Awaitable[None]], outbox_limit: int) -> None:
        self.stream = stream
        #: Offset of the last event sent to the client.
        self.sent = 0
        #: Whether the dispatcher offers events. Set by the dispatcher, ended here when the outbox is full.
        self.live = False
        self._send = send
        self._outbox = Outbox(outbox_limit)
        self._woken = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False

    def wake(self) -> None:
        """Have `run` look again at what there is to do."""
        self._woken.set()

    def reply(self, message: str) -> None:
        """Queue a message that is not an event; it is never dropped. Whoever makes many waits for room first."""
        self._outbox.put_reply(message)
        self._woken.set()

    async def room_for_reply(self) -> None:
        """Wait until few enough replies wait: a client that asks and does not read is kept waiting itself (P4)."""
        while self._outbox.replies >= MAX_REPLIES and not self._closed:
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """Let go of whoever waits for room: nothing is sent any more."""
        self._closed = True
        self._room.set()

    def offer(self, events: Iterable[EncodedEvent]) -> bool:
        """Queue events that follow what was queued before.

        Returns:
            False when there is no room for them: the reader is then behind, and will read on from the log.
        """
        for event in events:
            if event.offset is None:
                self._outbox.put_ephemeral(event.plain)
            elif not self._outbox.put_event(event.offset, event.plain):
                self._park()
                return False
        self._woken.set()
        return True

    def _park(self) -> None:
        # What was queued goes too: the log has it, and `sent` tells from where to go on.
        self._outbox.drop_events()
        self.live = False
        self._woken.set()

    async def run(self, catch_up: Callable[["Reader"], Awaitable[list[EncodedEvent]]]) -> None:
        """Send what there is to send, until cancelled.

        Arguments:
            catch_up: returns the events after `sent`, or none where there are none yet; or makes the reader live.
        """
        while True:
            if not self.live:
                await self._send_replies()
                for event in await catch_up(self):
                    await self._send_replies()
                    await self._send_event(event.offset, event.plain)
                continue
            await self._send_queued()
            await self._woken.wait()
            self._woken.clear()

    async def _send_queued(self) -> None:
        while (item := self._outbox.take()) is not None:
            self._room.set()
            await self._send_event(*item)

    async def _send_replies(self) -> None:
        while (message := self._outbox.take_reply()) is not None:
            self._room.set()
            await self._send(message)

    async def _send_event(self, offset: int | None, message: str) -> None:
        await self._send(message)
        if offset is not None:
            self.sent = offset


def fan_out(readers: set[Reader], events: list[EncodedEvent]) -> None:
    """Offer events to live readers; those that have no room for them leave the set.

    Arguments:
        readers: the live readers of one stream; changed in place.
        events: in order.
    """
    full = [reader for reader in readers if not reader.offer(events)]
    readers.difference_update(full)


def first_bytes(events: list[EncodedEvent], limit: int) -> list[EncodedEvent]:
    """Return the first events that take up to `limit` bytes together, and one at least."""
    used = 0
    for count, event in enumerate(events):
        used += event.size
        if used > limit and count:
            return events[:count]
    return events
