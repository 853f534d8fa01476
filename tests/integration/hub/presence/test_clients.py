"""Which clients read a stream, over whole connections of both kinds."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from chat.namespaces import ChatNamespace
from hub.core.codecs.centrifugo import JSON
from hub.core.types import JSONObject
from hub.deliver import Reader
from hub.dispatch import Dispatcher
from hub.presence import PresenceUnknown
from hub.presence import clients as clients_module
from hub.presence.clients import clients, clients_count
from hub.presence.reading import Recent
from hub.runtime import get_runtime
from tests.integration.conftest import MakeUser
from tests.integration.hub.sessions.client import connected as connected_session
from tests.integration.sockets import TIMEOUT, connected
from tests.running import keep_running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick", "new_deployment", "process")]

LOBBY, STREAM = "/ws/chat/lobby/", "chat:lobby"


@pytest.fixture
def bob(make_user: MakeUser) -> User:
    """Somebody else."""
    return make_user("bob")


async def known(stream: str = STREAM) -> tuple[list[JSONObject], tuple[int, int]] | None:
    """Return which clients read a stream and how many there are, or None where it is not known."""
    try:
        listed = await asyncio.to_thread(clients, stream)
        counts = await asyncio.to_thread(clients_count, stream)
    except PresenceUnknown:
        return None
    assert all(info["client"] == client for client, info in listed.items())
    return list(listed.values()), counts


async def until_known(*users: User) -> list[JSONObject]:
    """Wait until these have a client each, and return what is seen of them."""
    wanted = sorted(str(user.pk) for user in users)
    async with asyncio.timeout(TIMEOUT):
        while (found := await known()) is None or sorted(info["user"] for info in found[0]) != wanted:
            await asyncio.sleep(0.05)
        while found is None or found[1] != (len(users), len(set(wanted))):
            await asyncio.sleep(0.05)
            found = await known()
    return found[0]


async def test_connections_of_both_kinds_are_clients_of_their_stream(ann: User, bob: User, lobby: Room) -> None:
    async with connected(LOBBY, ann), connected_session(bob) as session, AsyncExitStack() as second:
        plain = await second.enter_async_context(connected(LOBBY, ann))
        await plain.receive()
        await until_known(ann, ann)
        await session.done("subscribe", channel=STREAM)
        infos = await until_known(ann, ann, bob)
        assert len({info["client"] for info in infos}) == 3
        assert all(info.keys() == {"user", "client"} for info in infos)
        await session.done("unsubscribe", channel=STREAM)
        await until_known(ann, ann)
        await second.aclose()
        await until_known(ann)
    await until_known()
    runtime = await get_runtime()
    assert len(runtime.clients) == 0


async def test_answers_are_kept_for_a_moment(ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(LOBBY, ann):
        await until_known(ann)
        now = [0.0]
        for name in ("_lists", "_counts"):
            monkeypatch.setattr(clients_module, name, Recent(clock=lambda: now[0]))
        assert (await asyncio.to_thread(clients, STREAM), await asyncio.to_thread(clients_count, STREAM))[1] == (1, 1)
        async with connected(LOBBY, ann):
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(clients_count, STREAM) == (1, 1)
            async with asyncio.timeout(TIMEOUT):
                while await asyncio.to_thread(clients_count, STREAM) != (2, 1):
                    now[0] += 1.0
                    await asyncio.sleep(0.05)
            assert len(await asyncio.to_thread(clients, STREAM)) == 2


class Watcher:
    """A reader of the lobby who is told which clients come and go, and is none itself."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self._dispatcher = dispatcher
        self._reader = Reader(STREAM, self.told.put, 100_000, wire=JSON.wire(bare=True, join_leave=True))

    async def run(self) -> None:
        """Read until cancelled."""
        await self._dispatcher.join(self._reader, None)
        await keep_running(self._reader, self._dispatcher.catch_up)

    async def hear(self) -> tuple[str, JSONObject]:
        """Return the next that comes or goes: which, and what is seen of it."""
        while True:
            async with asyncio.timeout(TIMEOUT):
                push = json.loads(await self.told.get())
            for kind in ("join", "leave"):
                if kind in push:
                    return kind, push[kind]["info"]


async def test_who_comes_and_goes_is_told_to_those_who_want_it_and_on_no_plain_connection(
    ann: User, bob: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChatNamespace, "join_leave", True)
    watcher = Watcher((await get_runtime()).dispatcher)
    watching = asyncio.create_task(watcher.run())
    try:
        async with connected(LOBBY, ann) as plain:
            kind, first = await watcher.hear()
            assert (kind, first["user"]) == ("join", str(ann.pk))
            async with connected(LOBBY, bob):
                kind, other = await watcher.hear()
                assert (kind, other["user"]) == ("join", str(bob.pk))
            assert await watcher.hear() == ("leave", other)
            # Whatever a plain connection was told of, none of it was that.
            assert "hello" in await plain.receive()
            await plain.send('{"id": 1, "command": "presence.stats"}')
            assert (await plain.receive()).get("id") == 1
        assert await watcher.hear() == ("leave", first)
    finally:
        watching.cancel()
