"""Processes that record their connections: killed, forgotten, without Redis, and back."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest

from hub.core.presence import EVERYWHERE, Changes, Present
from hub.presence import PresenceStore, PresenceUnknown, Recorder
from tests import servers
from tests.integration.hub.presence.recording import Recording, recording
from tests.integration.hub.presence.shared import Shared

pytestmark = pytest.mark.usefixtures("quick")

STREAM = "t:a"


class Process(Recording):
    """A server process: its recorder, and what it was given to tell."""

    def __init__(self, store: PresenceStore) -> None:
        self.recorder = Recorder(store, self._tell)
        self.told: list[tuple[str, str, int]] = []
        self.whole: list[str] = []

    async def _tell(self, changes: Changes) -> None:
        self.told += [("joined", *pair) for pair in changes.joined if pair[0]]
        self.told += [("left", *pair) for pair in changes.left if pair[0]]
        self.whole += changes.changed

    def enter(self, *users: int) -> None:
        for user in users:
            self.recorder.enter(STREAM, user, listed=True)

    def leave(self, *users: int) -> None:
        for user in users:
            self.recorder.leave(STREAM, user, listed=True)


def running(store: PresenceStore, count: int) -> AbstractAsyncContextManager[list[Process]]:
    return recording([Process(store) for _ in range(count)])


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> float:
    """Wait for a condition; return how many seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
    return time.monotonic() - began


def people(store: PresenceStore) -> dict[int, int] | None:
    """Return who has connections to the stream, or None where it is not known."""
    try:
        return {user: count for user, count in store.read(STREAM, 200).users if count}
    except PresenceUnknown:
        return None


async def test_who_comes_and_goes_is_there_and_told(shared: Shared) -> None:
    async with running(shared.store, 2) as (one, other):
        one.enter(1, 1)
        other.enter(1, 2)
        await eventually(lambda: people(shared.store) == {1: 3, 2: 1})
        one.leave(1)
        other.leave(1, 2)
        await eventually(lambda: people(shared.store) == {1: 1})
        await eventually(lambda: ("left", STREAM, 2) in one.told + other.told)
        assert sorted(one.told + other.told) == [("joined", STREAM, 1), ("joined", STREAM, 2), ("left", STREAM, 2)]
        assert one.recorder.entries == 2


async def test_a_connection_to_a_stream_without_presence_is_counted_for_its_user_alone(shared: Shared) -> None:
    async with running(shared.store, 1) as (one,):
        one.recorder.enter("inbox#1", 1, listed=False)
        await eventually(lambda: people(shared.store) is not None and bool(shared.read(EVERYWHERE).users))
        assert shared.read(EVERYWHERE) == Present([(1, 1)], 1, 1, 1)
        assert shared.read("inbox#1") == Present([], 0, 0, 0)
        one.recorder.leave("inbox#1", 1, listed=False)
        await eventually(lambda: shared.read(EVERYWHERE) == Present([], 0, 0, 0))


async def test_the_users_of_a_killed_process_are_gone_within_its_time_to_live(shared: Shared) -> None:
    async with running(shared.store, 3) as (killed, one, other):
        killed.enter(1, 2)
        one.enter(2)
        await eventually(lambda: people(shared.store) == {1: 1, 2: 2})
        await killed.kill()
        # One second to live, a third of one to notice; the rest is for a machine that is busy.
        assert await eventually(lambda: people(shared.store) == {2: 1}) < 5.0
        await eventually(lambda: bool([told for told in one.told + other.told if told[0] == "left"]))
        assert [told for told in one.told + other.told if told[0] == "left"] == [("left", STREAM, 1)]


async def test_a_process_that_ends_in_order_hands_its_users_over(shared: Shared) -> None:
    async with running(shared.store, 1) as (staying,):
        async with running(shared.store, 1) as (ending,):
            ending.enter(1)
            await eventually(lambda: people(shared.store) == {1: 1})
        staying.enter(1, 2)
        await eventually(lambda: people(shared.store) == {1: 1, 2: 1})
        staying.leave(2)
        await eventually(lambda: ("left", STREAM, 2) in staying.told)
        assert [told for told in staying.told if told[2] == 1] == []


async def test_a_process_that_was_counted_as_dead_is_there_again(shared: Shared) -> None:
    async with running(shared.store, 2) as (frozen, other):
        frozen.enter(1)
        await eventually(lambda: people(shared.store) == {1: 1})
        await frozen.kill()
        await eventually(lambda: ("left", STREAM, 1) in other.told)
        frozen.recorder.start()
        await eventually(lambda: people(shared.store) == {1: 1})
        await eventually(lambda: frozen.told.count(("joined", STREAM, 1)) == 2)


async def test_after_redis_lost_everything_presence_is_right_again_and_nobody_joins_twice(shared: Shared) -> None:
    async with running(shared.store, 2) as (one, other):
        one.enter(1, 2)
        other.enter(2, 3)
        await eventually(lambda: people(shared.store) == {1: 1, 2: 2, 3: 1})
        await eventually(lambda: len(one.told + other.told) == 3)
        shared.lose_everything()
        one.leave(1)
        other.enter(4)
        # Never anything between what was and what is.
        seen: list[dict[int, int] | None] = []

        def right_again() -> bool:
            seen.append(people(shared.store))
            return seen[-1] == {2: 2, 3: 1, 4: 1}

        await eventually(right_again)
        assert all(one is None for one in seen[:-1])
        await eventually(lambda: one.whole + other.whole == [STREAM])
        joined = [user for kind, _, user in one.told + other.told if kind == "joined"]
        assert sorted(user for user in joined if user != 4) == [1, 2, 3]


@contextmanager
def own_redis(socket: Path) -> Iterator[int]:
    """Run a Redis that a test may stop; give its process id."""
    with servers.running_redis(socket) as process:
        yield process.pid


@pytest.fixture
def socket() -> Iterator[Path]:
    """Where a test's own Redis listens."""
    with servers.temporary_var() as var:
        yield var / "redis.sock"


async def test_without_redis_presence_is_unknown_and_right_again_when_it_is_back(socket: Path) -> None:
    store = PresenceStore(f"unix://{socket}", "test")
    async with running(store, 2) as (one, other):
        with own_redis(socket):
            one.enter(1)
            other.enter(2)
            await eventually(lambda: people(store) == {1: 1, 2: 1})
        assert people(store) is None
        one.leave(1)
        other.enter(3)
        assert people(store) is None
        with own_redis(socket):
            await eventually(lambda: people(store) == {2: 1, 3: 1})
    store.close()


async def test_a_redis_that_does_not_answer_holds_nobody_up(socket: Path) -> None:
    store = PresenceStore(f"unix://{socket}", "test")
    with own_redis(socket) as pid:
        async with running(store, 1) as (one,):
            one.enter(1)
            await eventually(lambda: people(store) == {1: 1})
            os.kill(pid, signal.SIGSTOP)
            try:
                began = time.monotonic()
                for user in range(2, 1_000):
                    one.enter(user)
                # The loop has waited for nothing.
                assert time.monotonic() - began < 0.5
                with pytest.raises(PresenceUnknown):
                    await asyncio.to_thread(store.read, STREAM, 200)
                # From then on nobody waits at all, but for one who tries once a second.
                began = time.monotonic()
                answers = await asyncio.gather(*(asyncio.to_thread(people, store) for _ in range(50)))
                assert set(answers) == {None}
                assert time.monotonic() - began < 2.0
            finally:
                os.kill(pid, signal.SIGCONT)
            await eventually(lambda: people(store) is not None and store.read(STREAM, 0).here == 999)
    store.close()
