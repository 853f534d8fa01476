"""Clients that go while something is being done for them: nothing is held for them afterwards (P4)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User

from hub.core.codecs.centrifugo import JSON
from hub.core.protocol import Codec, Command
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.dispatch import Dispatcher, StreamReset
from hub.runtime import get_runtime
from hub.sessions.requests import Requests
from hub.sessions.session import Session
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


class Posting:
    """A transport beside which the client posts; it takes all that it is sent."""

    codec: Codec = JSON
    emulated = True
    unidirectional = native_pings = False
    write: Callable[[bytes], bool] | None = None

    async def send(self, message: Payload) -> None:
        """Take a message."""

    async def close(self, code: int, reason: str) -> None:
        """Take a goodbye."""


async def held() -> tuple[int, int, int]:
    """Return how many sessions this process knows, how many readers it has, and what it looks after the rights of."""
    holdings = (await get_runtime()).holdings()
    return holdings["sessions"], holdings["readers"], holdings["connections"]


async def ask(session: Session, *commands: JSONObject) -> None:
    """Have a session carry out commands that come together."""
    await session.receive("\n".join(map(json.dumps, commands)))


def subscribe(number: int, channel: str, **more: Any) -> JSONObject:
    """Return a command."""
    return {"id": number, "subscribe": {"channel": channel, **more}}


@asynccontextmanager
async def posting(user: User) -> AsyncIterator[Session]:
    """Give a session that is connected, and has gone when the block has ended: then nothing is held."""
    session = Session(Posting(), {"type": "http", "headers": [], "query_string": b""})
    await ask(session, {"id": 1, "connect": {"token": token_of(user)}})
    assert (await held())[0] == 1
    try:
        yield session
    finally:
        await session.closed()
    assert await held() == (0, 0, 0)


async def test_who_goes_while_it_is_found_out_what_it_gets_leaves_nothing(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(Posting(), {"type": "http", "headers": [], "query_string": b""})

    async def go(user: User) -> list[str]:
        await session.closed()
        return [f"inbox#{ann.pk}"]

    monkeypatch.setattr("hub.sessions.connecting.server_side_of", go)
    await ask(session, {"id": 1, "connect": {"token": token_of(ann)}})
    assert await held() == (0, 0, 0)


async def test_who_goes_while_others_of_its_commands_are_answered_leaves_nothing(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(ann) as session:

        async def go(requests: Requests) -> None:
            await session.closed()

        monkeypatch.setattr(Requests, "others_answered", go)
        await ask(session, subscribe(2, "board:a"))


async def test_who_goes_while_a_token_is_verified_leaves_nothing(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(ann) as session:

        async def go(token: str, **of: str) -> None:
            await session.closed()

        monkeypatch.setattr("hub.sessions.opening.verify_subscription", go)
        await ask(session, subscribe(2, "board:a", token="one"), subscribe(3, "board:b"))


async def test_what_waits_for_its_turn_is_kept_as_it_came(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    async with posting(ann) as session:
        decoded: list[Payload] = []
        decode = JSON.decode

        def note(frame: Payload) -> list[Command]:
            decoded.append(frame)
            return decode(frame)

        monkeypatch.setattr(JSON, "decode", note)
        async with session._turn:
            waiting = [asyncio.create_task(ask(session, {"id": number, "ping": {}})) for number in range(2, 6)]
            for _ in range(10):
                await asyncio.sleep(0)
            # Read, it would take many times that.
            assert not decoded
        await asyncio.gather(*waiting)
        assert len(decoded) == 4


async def test_who_asks_for_a_stream_again_and_again_has_it_once(ann: User, boards: Boards) -> None:
    async with posting(ann) as session:
        before = await held()
        await ask(session, *(subscribe(number, "board:a") for number in range(2, 12)))
        assert session.reads("board:a")
        assert await held() == (before[0], before[1] + 1, before[2] + 1)


async def test_who_is_unsubscribed_when_what_it_missed_is_lost_leaves_nothing(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(ann) as session:

        async def lose(dispatcher: Dispatcher, reader: object) -> None:
            session.subscriptions.end("board:a")
            raise StreamReset("board:a")

        monkeypatch.setattr(Dispatcher, "missed", lose)
        before = await held()
        await ask(session, subscribe(2, "board:a", recover=True))
        assert await held() == before
