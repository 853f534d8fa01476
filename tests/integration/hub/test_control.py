"""What processes tell each other, through a real Redis: to all of them, and to one."""

import asyncio
from pathlib import Path

import pytest
import redis

from hub import announce, control
from hub.announce import Doorbell
from hub.control import DisconnectSessions, tell_node, tell_sessions
from tests.integration.hub.deployment import eventually, hearing

pytestmark = pytest.mark.usefixtures("redis_url")

DISCONNECT = DisconnectSessions(user="7")


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
