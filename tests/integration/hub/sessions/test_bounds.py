"""What a session costs whose client reads many streams and takes nothing (P4), and that nothing is lost meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from hub.core.codecs.centrifugo import JSON
from hub.core.protocol import Codec
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.database import in_database
from hub.publish import Draft, publish_to_many
from hub.runtime import get_dispatcher
from hub.sessions.session import Session
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import token_of, until
from tests.running import texts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

STREAMS = [f"board:{number}" for number in range(60)]
#: Bytes of each event's data.
SIZE = 4_000
LIMIT = 20_000


class Lazy:
    """A transport whose client reads nothing until it is told to."""

    def __init__(self) -> None:
        self.codec: Codec = JSON
        self.unidirectional = self.emulated = self.native_pings = False
        self.write: Callable[[bytes], bool] | None = self._take
        self.reads = asyncio.Event()
        self.messages: list[JSONObject] = []
        #: Bytes of the messages that are on their way to the client just now.
        self.under_way = 0
        self.ended: int | None = None

    def _take(self, frames: bytes) -> bool:
        if self.reads.is_set():
            self.messages += map(json.loads, texts(frames))
        return self.reads.is_set()

    async def send(self, message: Payload) -> None:
        """Wait until the client reads."""
        self.under_way += len(message)
        try:
            await self.reads.wait()
        finally:
            self.under_way -= len(message)
        assert isinstance(message, str)
        self.messages += map(json.loads, message.split("\n"))

    async def close(self, code: int, reason: str) -> None:
        """Note how it ended."""
        self.ended = code


@asynccontextmanager
async def session_over(transport: Lazy, user: User) -> AsyncIterator[Session]:
    """Give a session of a user who reads all streams; its client has read the replies."""
    session = Session(transport, {"type": "websocket", "headers": [], "query_string": b""})
    transport.reads.set()
    try:
        subscribes = [{"id": n, "subscribe": {"channel": name}} for n, name in enumerate(STREAMS, 2)]
        commands = [{"id": 1, "connect": {"token": token_of(user)}}, *subscribes]
        await session.receive("\n".join(map(json.dumps, commands)))
        assert [message["id"] for message in transport.messages] == list(range(1, len(STREAMS) + 2))
        transport.messages.clear()
        yield session
    finally:
        await session.closed()


async def publish_everywhere(rounds: int) -> None:
    """Publish to each stream so many events of `SIZE` bytes."""
    drafts = [Draft("message", {"text": "x" * SIZE}) for _ in range(rounds)]
    await in_database(publish_to_many, {name: list(drafts) for name in STREAMS})


async def given_out(count: int) -> None:
    """Wait until this process has given out so many events of each stream."""
    dispatcher = await get_dispatcher()

    async def so_far() -> bool:
        return all(dispatcher._streams[name].offset == count for name in STREAMS)

    await until(so_far)


async def test_a_client_that_takes_nothing_costs_no_more_for_reading_many_streams(
    ann: User, boards: Boards, settings: Settings
) -> None:
    settings.HUBBUB_OUTBOX_LIMIT = settings.HUBBUB_PAGE_BYTES = LIMIT
    transport = Lazy()
    async with session_over(transport, ann) as session:
        transport.reads.clear()
        await publish_everywhere(3)
        await given_out(3)
        for _ in range(50):
            await asyncio.sleep(0)
        # All that waits for it: an outbox, and two pages of the log, one event of each on its way.
        outboxes = [one.reader._outbox for one in session.subscriptions]
        assert sum(outbox.size for outbox in outboxes if outbox is not None) <= LIMIT
        # Where all of it was let go of just now, there is none.
        assert session.outlet.budget.used <= LIMIT
        assert 0 < transport.under_way <= LIMIT + 2 * 2 * SIZE
        # It reads again, and gets all of all streams, in order and once.
        transport.reads.set()
        expected = {name: list(range(1, 4)) for name in STREAMS}

        async def all_there() -> bool:
            return len(transport.messages) >= 3 * len(STREAMS)

        await until(all_there)
        got: dict[str, list[int]] = {}
        for message in transport.messages:
            push = message["push"]
            got.setdefault(push["channel"], []).append(push["pub"]["offset"])
        assert got == expected
        assert session.outlet.budget.used == 0 and transport.ended is None


class Busy(Lazy):
    """A transport that has room for what is small, while a client that reads slowly has to take what was before."""

    def _take(self, frames: bytes) -> bool:
        if len(frames) > 100 and not self.reads.is_set():
            return False
        self.messages += map(json.loads, texts(frames))
        return True


async def test_a_client_that_is_behind_may_take_its_time_to_answer_a_ping(
    ann: User, boards: Boards, settings: Settings
) -> None:
    settings.HUBBUB_PING_INTERVAL = settings.HUBBUB_PONG_TIMEOUT = 0.2
    transport = Busy()
    async with session_over(transport, ann):
        transport.reads.clear()
        await publish_everywhere(1)
        await given_out(1)

        async def asked_often() -> bool:
            return sum(message == {} for message in transport.messages) >= 10

        await until(asked_often)
        assert transport.ended is None
        # Once it has got all there is, it has to.
        transport.reads.set()

        async def is_ended() -> bool:
            return transport.ended == 3012

        await until(is_ended)


async def test_a_client_that_asks_and_does_not_read_is_kept_waiting(
    ann: User, boards: Boards, settings: Settings
) -> None:
    settings.HUBBUB_OUTBOX_LIMIT = LIMIT
    settings.HUBBUB_LIMITS = False
    transport = Lazy()
    async with session_over(transport, ann) as session:
        await publish_everywhere(3)
        await given_out(3)
        transport.reads.clear()
        asked = [{"id": n, "history": {"channel": "board:0", "limit": -1}} for n in range(100, 200)]
        asking = asyncio.create_task(session.receive("\n".join(map(json.dumps, asked))))

        async def is_full() -> bool:
            return session.outlet._size >= LIMIT

        await until(is_full)
        for _ in range(50):
            await asyncio.sleep(0)
        # One answer more than there was room for.
        assert session.outlet._size <= LIMIT + 4 * SIZE and not asking.done()
        transport.reads.set()
        await asyncio.wait_for(asking, 60)

        async def all_there() -> bool:
            return sum("history" in message for message in transport.messages) == 100

        await until(all_there)
