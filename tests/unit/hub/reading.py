"""A stream, a client, and the reader between them: what the tests of delivering look at."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from hub.core.events import Event
from hub.deliver import EncodedEvent, Reader, fan_out
from tests.running import keep_running, texts

#: Bytes that may wait for a reader.
LIMIT = 1_000
#: Events that one look into the log gives.
PAGE = 3


class Stream:
    """A log, and the readers that stand at its end: what the dispatcher is to readers."""

    def __init__(self) -> None:
        self.log: list[EncodedEvent] = []
        self.live: set[Reader] = set()
        #: Called whenever a reader looks into the log.
        self.on_read: Callable[[], None] = lambda: None

    def publish(self, size: int = 0) -> None:
        event = encoded(len(self.log) + 1, size)
        self.log.append(event)
        fan_out(self.live, [event])

    def publish_ephemeral(self, size: int = 0) -> None:
        fan_out(self.live, [encoded(None, size)])

    async def catch_up(self, reader: Reader) -> list[EncodedEvent]:
        self.on_read()
        if reader.sent == len(self.log):
            self.live.add(reader)
            reader.live = True
            return []
        page = self.log[reader.sent :][:PAGE]
        # As long as the database takes; meanwhile the world goes on.
        await asyncio.sleep(0)
        return page


class Client:
    """Takes as many messages as it is told to."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._willing = asyncio.Semaphore(0)
        self._takes_all = False

    async def send(self, message: str) -> None:
        if not self._takes_all:
            await self._willing.acquire()
        self.messages.append(message)

    def write(self, frames: bytes) -> bool:
        """Take whole frames at once, or nothing of them."""
        messages = list(texts(frames))
        if not self._takes_all:
            if self._willing.locked() or self._willing._value < len(messages):
                return False
            self._willing._value -= len(messages)
        self.messages += messages
        return True

    def take(self, count: int) -> None:
        for _ in range(count):
            self._willing.release()

    def take_all(self) -> None:
        """Take what comes from now on."""
        self._takes_all = True
        self.take(1)

    @property
    def offsets(self) -> list[int]:
        """The offsets of the logged events that came."""
        return [offset for message in self.messages if (offset := json.loads(message).get("offset")) is not None]

    @property
    def replies(self) -> int:
        """How many replies came."""
        return sum(message.startswith('{"reply"') for message in self.messages)

    @property
    def kinds(self) -> list[str]:
        """What came: an offset, `typing`, or the text of a reply."""
        read = [json.loads(message) for message in self.messages]
        return [str(one.get("offset") or one.get("type") or one["reply"]) for one in read]


def encoded(offset: int | None, size: int = 0) -> EncodedEvent:
    """Return an event whose data is that long."""
    return EncodedEvent(Event(offset, "typing" if offset is None else "said", "", json.dumps("x" * size)), "room:lobby")


def reply(number: int, size: int = 0) -> str:
    """Return a reply."""
    return json.dumps({"reply": f"r{number}", "more": "x" * size})


async def until(condition: Callable[[], bool]) -> None:
    """Let everything else run until something holds. Turns of the event loop are counted, not seconds."""
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("what was waited for never came")


async def turns(count: int = 50) -> None:
    """Let everything else run for so many turns of the event loop: more than anything here needs to come to rest."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def reading(
    stream: Stream,
    send: Callable[[str], Awaitable[None]],
    after: int = 0,
    write: Callable[[bytes], bool] | None = None,
) -> AsyncIterator[Reader]:
    """Give a reader of the stream that runs, from an offset on."""
    reader = Reader("room:lobby", send, LIMIT, write)
    reader.sent = after
    running = asyncio.create_task(keep_running(reader, stream.catch_up))
    try:
        yield reader
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
