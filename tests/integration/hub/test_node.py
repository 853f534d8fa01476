"""What a whole process answers: its streams, and how it is."""

import asyncio
import os

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from hub.control import NODE
from hub.core.types import JSONObject
from hub.survey import ask_all
from tests.integration.conftest import MakeUser
from tests.integration.hub.sessions.client import connected as connected_session
from tests.integration.sockets import TIMEOUT, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def answer(question: str, data: JSONObject | None = None) -> JSONObject:
    """Return what the one process there is answers."""
    [only] = await asyncio.to_thread(ask_all, question, data, TIMEOUT)
    return only


async def test_a_process_tells_of_its_connections_and_streams(ann: User, lobby: Room, make_user: MakeUser) -> None:
    bob = await asyncio.to_thread(make_user, "bob")
    async with connected("/ws/chat/lobby/", ann) as plain, connected_session(ann) as mine, connected_session(bob):
        await plain.receive()
        await mine.done("subscribe", channel="chat:lobby")
        streams = await answer("channels")
        assert streams["chat:lobby"] == 2
        assert await answer("channels", {"pattern": "ch?t:*"}) == {"chat:lobby": 2}
        assert await answer("channels", {"pattern": "nothing:*"}) == {}
        info = await answer("info")
        assert (info["num_clients"], info["num_users"]) == (3, 2)
        assert (info["num_channels"], info["num_subs"]) == (len(streams), sum(streams.values()))
        assert (info["uid"], info["version"], info["uptime"] >= 0) == (NODE, "0.1.0", True)
        assert info["name"].endswith(f"_{os.getpid()}")
        assert info["process"]["cpu"] >= 0 and info["process"]["rss"] > 0
    assert await answer("channels") == {}
    info = await answer("info")
    assert (info["num_clients"], info["num_users"], info["num_subs"], info["num_channels"]) == (0, 0, 0, 0)
