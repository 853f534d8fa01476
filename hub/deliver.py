"""Delivering: handing encoded events to the connections of this process.

A reader is either live, and gets what the dispatcher offers, or behind, and reads from the log at its own pace. It
joins behind, it is parked behind when its outbox is full, and it becomes live again when it stands where the process
stands. So joining, coming back and being slow are one thing, and a reader costs a bounded number of bytes (P4).

A live reader that has nothing to do costs no task: what comes is written as frames that all readers share.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any

from hub.core.codecs.plain import PLAIN
from hub.core.events import Event
from hub.core.outbox import Budget, Outbox
from hub.core.wire import Payload, WireFormat

#: Replies that may wait for one client before no more of its commands are carried out.
MAX_REPLIES = 64
#: Bytes of several events that are written at once; more are sent one by one, as fast as the client takes them (P4).
MAX_WRITE = 131_072


class EncodedEvent:
    """An event with its encodings, each made once in a process, at the first reader that needs it.

    Arguments:
        event: the event.
        stream: the name of its stream.
    """

    __slots__ = ("_messages", "event", "offset", "patched", "size", "stream")

    def __init__(self, event: Event, stream: str) -> None:
        self.event = event
        self.stream = stream
        self.offset = event.offset
        self.size = event.size
        #: The same as a patch of the event before it, once a reader wants that; kept by `hub.delta`.
        self.patched: EncodedEvent | None = None
        self._messages: dict[WireFormat, Payload] = {}

    def message(self, wire: WireFormat) -> Payload:
        """Return the event as a message of a wire format."""
        message = self._messages.get(wire)
        if message is None:
            message = self._messages[wire] = wire.encode(self.stream, self.event)
        return message


class Batch:
    """Events of one stream that go to readers together.

    Arguments:
        events: in order, one at least.
    """

    __slots__ = ("_frames", "events", "is_small", "last", "patched")

    def __init__(self, events: Sequence[EncodedEvent]) -> None:
        self.events = events
        #: The same as patches, by whether the first is one; kept by `hub.delta`.
        self.patched: dict[bool, Batch] | None = None
        self._frames: dict[WireFormat, bytes] = {}
        #: Offset of the last event that has one; None where none has.
        self.last = next((event.offset for event in reversed(events) if event.offset is not None), None)
        #: Whether it may be written at once.
        self.is_small = len(events) == 1 or sum(event.size for event in events) <= MAX_WRITE

    def frames(self, wire: WireFormat) -> bytes:
        """Return all of them as WebSocket frames: joined once for all readers, and one system call for each."""
        frames = self._frames.get(wire)
        if frames is None:
            messages = [event.message(wire) for event in self.events]
            frames = self._frames[wire] = b"".join([wire.frame(message) for message in messages if message])
        return frames


class Reader:
    """One connection's reading of one stream.

    Arguments:
        stream: the stream's name.
        send: sends one message to the client; may wait while the client does not read.
        outbox_limit: most bytes of events that may wait here; or the budget of a connection that has several readers.
        write: hands whole frames to the connection, and returns whether it took them; never waits. None where the
            server has no such thing.
        wire: the format that the client reads.
        turns: lets a few of a connection's readers at a time hold a page of the log; None where it has one reader only.
    """

    __slots__ = (
        "_busy",
        "_closed",
        "_outbox",
        "_outbox_limit",
        "_room",
        "_send",
        "_turns",
        "_wire",
        "_write",
        "live",
        "on_work",
        "sent",
        "stream",
    )

    def __init__(
        self,
        stream: str,
        # Text for a format of text, bytes for a binary one.
        send: Callable[[Any], Awaitable[None]],
        outbox_limit: int | Budget,
        write: Callable[[bytes], bool] | None = None,
        wire: WireFormat = PLAIN,
        turns: asyncio.Semaphore | None = None,
    ) -> None:
        self.stream = stream
        #: Offset of the last event sent to the client.
        self.sent = 0
        #: Whether the dispatcher offers events. Set by the dispatcher, ended here when the outbox is full.
        self.live = False
        #: Called when `run` has to be called. While there is none, nobody is asked: whoever sets it calls `wake`.
        self.on_work: Callable[[], None] | None = None
        self._send = send
        self._write = write
        self._wire = wire
        self._turns = turns
        self._outbox_limit = outbox_limit
        # None while nothing waits: most readers have none, most of the time.
        self._outbox: Outbox | None = None
        # Whether `run` runs, or was asked for.
        self._busy = False
        self._room: asyncio.Event | None = None
        self._closed = False

    def wake(self) -> None:
        """Have `run` look again at what there is to do."""
        if self.on_work is not None and not self._busy and not self._closed:
            self._busy = True
            self.on_work()

    def reply(self, message: Payload) -> None:
        """Send a message that is not an event; it is never dropped. Whoever makes many waits for room first."""
        if self._is_idle and self._write is not None and self._write(self._wire.frame(message)):
            return
        self._waiting.put_reply(message)
        self.wake()

    @property
    def _is_idle(self) -> bool:
        # Then all that was to be sent is with the transport, in order: what comes may follow at once.
        return self.live and not self._busy

    @property
    def _waiting(self) -> Outbox:
        if self._outbox is None:
            self._outbox = Outbox(self._outbox_limit)
        return self._outbox

    async def room_for_reply(self) -> None:
        """Wait until few enough replies wait: a client that asks and does not read is kept waiting itself (P4)."""
        while self._outbox is not None and self._outbox.replies >= MAX_REPLIES and not self._closed:
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def close(self) -> None:
        """Let go of whoever waits for room, and of what waits to be sent: nothing is sent any more."""
        self._closed = True
        self._make_room()
        if self._outbox is not None:
            self._outbox.drop_events()

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None

    def take(self, batch: Batch) -> bool:
        """Send events that follow what was sent before, or queue them. Result and readers' fate as with `offer`."""
        write = self._write
        if self.live and not self._busy and write is not None and batch.is_small:
            frames = batch.frames(self._wire)
            # Nothing to write where these are events that its format does not tell of.
            if frames and not write(frames):
                return self.offer(batch.events)
            if batch.last is not None:
                self.sent = batch.last
            return True
        return self.offer(batch.events)

    def offer(self, events: Sequence[EncodedEvent]) -> bool:
        """Queue events that follow what was queued before.

        Returns:
            False when there is no room for them: the reader is then behind, and will read on from the log.
        """
        outbox = self._waiting
        for event in events:
            if event.offset is None:
                if message := event.message(self._wire):
                    outbox.put_ephemeral(message)
            elif not outbox.put_event(event.offset, event.message(self._wire)):
                self.park()
                return False
        self.wake()
        return True

    def park(self) -> None:
        """Let go of the events that wait, and read on from the log, after the last that was sent."""
        # What was queued goes too: the log has it, and `sent` tells from where to go on.
        self._waiting.drop_events()
        self.live = False
        self.wake()

    async def run(self, catch_up: Callable[["Reader"], Awaitable[list[EncodedEvent]]]) -> None:
        """Send what there is to send, until the reader is live and nothing waits. To be called when `on_work` says so.

        Arguments:
            catch_up: returns the events after `sent`, or none where there are none yet; or makes the reader live.
        """
        self._busy = True
        try:
            while not self.live or self._outbox:
                if self.live:
                    await self._send_queued()
                else:
                    await self._send_replies()
                    async with self._turn():
                        await self._send_page(await catch_up(self))
            self._outbox = None
        finally:
            # No await since the last look at what waits: whatever comes from now on asks for `run` again.
            self._busy = False

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._turns is None else self._turns

    async def _send_page(self, events: list[EncodedEvent]) -> None:
        if not events:
            return
        # Replies that came meanwhile go first: they have waited for the log.
        await self._send_replies()
        batch = Batch(events)
        if self._write is not None and batch.is_small and self._write(batch.frames(self._wire)):
            self.sent = batch.last or self.sent
            return
        for event in events:
            await self._send_replies()
            await self._send_event(event.offset, event.message(self._wire))

    async def _send_queued(self) -> None:
        while self._outbox is not None and (item := self._outbox.take()) is not None:
            self._make_room()
            with self._held(item):
                await self._send_event(*item)
            # It takes something now: so all that waits, in one piece.
            if self._write is not None and self._outbox and (items := self._outbox.take_all()):
                await self._send_together(items)

    async def _send_together(self, items: list[tuple[int | None, Payload]]) -> None:
        self._make_room()
        if self._write is not None and self._write(b"".join([self._wire.frame(message) for _, message in items])):
            self.sent = max(self.sent, *(offset or 0 for offset, _ in items))
            return
        with self._held(*items):
            for offset, message in items:
                await self._send_event(offset, message)

    @contextmanager
    def _held(self, *items: tuple[int | None, Payload]) -> Iterator[None]:
        """Count what is taken out of the outbox and not sent yet, where others share its budget."""
        budget = self._outbox_limit
        if isinstance(budget, int):
            yield
            return
        size = sum(len(message) for _, message in items)
        budget.used += size
        try:
            yield
        finally:
            budget.used -= size

    async def _send_replies(self) -> None:
        while self._outbox is not None and (message := self._outbox.take_reply()) is not None:
            self._make_room()
            await self._send(message)

    async def _send_event(self, offset: int | None, message: Payload) -> None:
        await self._send(message)
        if offset is not None:
            self.sent = offset


def fan_out(readers: set[Reader], events: Sequence[EncodedEvent]) -> None:
    """Give events to live readers; those that have no room for them leave the set.

    Arguments:
        readers: the live readers of one stream; changed in place.
        events: in order, one at least.
    """
    batch = Batch(events)
    full = [reader for reader in readers if not reader.take(batch)]
    readers.difference_update(full)


def first_bytes(events: list[EncodedEvent], limit: int) -> list[EncodedEvent]:
    """Return the first events that take up to `limit` bytes together, and one at least."""
    used = 0
    for count, event in enumerate(events):
        used += event.size
        if used > limit and count:
            return events[:count]
    return events
