"""What processes tell each other, through a real Redis: to all of them, and to one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis
from channels.layers import get_channel_layer

from hub import announce, control
from hub.announce import Doorbell
from hub.background import Background
from hub.control import DisconnectSessions, tell_node, tell_sessions
from hub.core.control import SessionAction
from hub.core.types import JSONObject
from hub.dispatch import LayerLink

pytestmark = pytest.mark.usefixtures("redis_url")

DISCONNECT = DisconnectSessions(user="7")


class Process:
    """A process that hears, and what it has heard."""

    def __init__(self, node: str) -> None:
        self.actions: list[SessionAction] = []
        self.said: list[JSONObject] = []
        self.link = LayerLink(get_channel_layer(), announce.send_mark, node=node)
        self.link.on_announcement = lambda announcement: None
        self.link.on_recovered = lambda: None
        self.link.on_action = self.actions.append
        self.link.on_node_message = self.said.append


@asynccontextmanager
async def hearing(*nodes: str) -> AsyncIterator[list[Process]]:
    """Run processes of these ids, each with a link that works."""
    processes, background = [Process(node) for node in nodes], Background()
    for process in processes:
        background.spawn(process.link.receive_forever(), "receive")
        background.spawn(process.link.beat_forever(), "beat")
    try:
        for process in processes:
            assert await process.link.wait_healthy(60)
        yield processes
    finally:
        await background.stop()
        await get_channel_layer().flush()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_every_process_hears_what_is_to_be_done_to_sessions() -> None:
    async with hearing("one", "two") as (one, two):
        assert await asyncio.to_thread(tell_sessions, DISCONNECT)
        await eventually(lambda: one.actions == two.actions == [DISCONNECT])


async def test_what_is_said_to_one_process_no_other_hears() -> None:
    async with hearing("one", "two") as (one, two):
        assert await asyncio.to_thread(tell_node, "two", {"n": 2**80})
        # Said to both of them afterwards: whatever was said before has arrived.
        assert await asyncio.to_thread(tell_sessions, DISCONNECT)
        await eventually(lambda: one.actions == two.actions == [DISCONNECT])
        assert (one.said, two.said) == ([], [{"n": 2**80}])


async def test_nobody_takes_what_is_said_to_a_process_that_is_not_there() -> None:
    async with hearing("one"):
        assert not await asyncio.to_thread(tell_node, "another", {})


async def test_a_process_that_was_cut_off_is_spoken_to_again(redis_url: str) -> None:
    async with hearing("one") as (one,):
        with redis.Redis.from_url(redis_url) as client:
            client.client_kill_filter(_type="pubsub")
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(tell_node, "one", {"still": "there"}):
                await asyncio.sleep(0.05)
        await eventually(lambda: one.said == [{"still": "there"}])


def test_a_redis_that_is_away_is_told_and_costs_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Doorbell(f"unix://{tmp_path}/none.sock", timeout=0.5, pause=1.0)
    monkeypatch.setattr(announce, "doorbell", lambda: away)
    assert not tell_sessions(DISCONNECT)
    assert not tell_node(control.NODE, {})
