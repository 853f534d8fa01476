"""However a socket ends, its process keeps nothing of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from chat.models import Room
from hub import tokens
from tests.integration.hub.test_consumers import LOBBY, hello_of, readers_of
from tests.integration.sockets import TIMEOUT, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_connection_that_ends_leaves_no_reader_behind(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        assert await readers_of("chat:lobby") == 1
    assert await readers_of("chat:lobby") == 0


async def test_a_connection_whose_coroutine_is_cancelled_leaves_no_reader_behind(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        await socket.cut()
        assert await readers_of("chat:lobby") == 0
    await eventually(lambda: not any(task.get_name().startswith("hub-reader") for task in asyncio.all_tasks()))


async def test_a_connection_that_is_cut_at_any_moment_leaves_no_reader_behind(ann: User, lobby: Room) -> None:
    from asgi import application

    headers = [(b"authorization", f"Bearer {tokens.issue(ann, timedelta(minutes=1))}".encode())]
    await hello_of(ann)
    whole = 0.0
    for step in range(25):
        communicator: Any = WebsocketCommunicator(application, LOBBY, headers=headers)
        began = asyncio.get_running_loop().time()
        await communicator.send_input({"type": "websocket.connect"})
        if step == 0:
            # The first one is let through, to see how long it takes.
            await communicator.receive_output(TIMEOUT)
            await communicator.receive_output(TIMEOUT)
            whole = asyncio.get_running_loop().time() - began
        await asyncio.sleep(whole * step / 20)
        communicator.future.cancel()
        await asyncio.wait([communicator.future])
    assert await readers_of("chat:lobby") == 0
    await eventually(lambda: not any(task.get_name().startswith("hub-reader") for task in asyncio.all_tasks()))
