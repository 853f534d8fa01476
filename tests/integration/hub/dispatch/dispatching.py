"""A dispatcher that runs, and the clients of its readers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from channels.layers import get_channel_layer
from django.db import transaction

from hub import announce, log
from hub.core.events import Position
from hub.deliver import Reader
from hub.dispatch import Dispatcher, LayerLink, StreamReset
from hub.log import Draft
from hub.models import Event as EventRow
from hub.models import Stream
from hub.publish import publish
from tests.running import keep_running

STREAM = "t:a"


def write_unannounced(*numbers: int) -> None:
    """Commit events that nobody is told of, as when a process dies between commit and announce."""
    with transaction.atomic():
        log.append(STREAM, [Draft("numbered", {"n": number}) for number in numbers])


def publish_numbers(*numbers: int) -> None:
    for number in numbers:
        publish(STREAM, "numbered", {"n": number})


def trim(floor: int) -> None:
    """Remove what is up to an offset."""
    EventRow.objects.filter(stream__name=STREAM, offset__lte=floor).delete()
    Stream.objects.filter(name=STREAM).update(floor=floor)


class Client:
    """A connection: its reader, and what was sent to it."""

    def __init__(self, dispatcher: Dispatcher, *, outbox_limit: int = 262_144, stream: str = STREAM) -> None:
        self.dispatcher = dispatcher
        self.received: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.reader = Reader(stream, self._send, outbox_limit)
        self.task: asyncio.Task[None] | None = None

    async def _send(self, text: str) -> None:
        await self.gate.wait()
        self.received.append(text)

    async def join(self, since: Position | None = None) -> tuple[int, bool]:
        joined = await self.dispatcher.join(self.reader, since)
        self.start()
        return joined.position.offset, joined.recovered

    def start(self) -> None:
        self.task = asyncio.create_task(keep_running(self.reader, self.dispatcher.catch_up))

    def offsets(self) -> list[int]:
        return [int(text.split(",")[0].removeprefix('{"offset":')) for text in self.received if "offset" in text]

    async def leave(self) -> None:
        self.dispatcher.leave(self.reader)
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError, StreamReset):
                await self.task


async def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_dispatcher() -> AsyncIterator[Dispatcher]:
    layer = get_channel_layer()
    dispatcher = Dispatcher(LayerLink(layer, announce.send_mark))
    await dispatcher.start()
    try:
        yield dispatcher
    finally:
        await dispatcher.stop()
        await layer.flush()
