"""Processes that record their clients: killed, forgotten, without Redis, and back."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from hub.core.clients import ClientEntry, info_of
from hub.core.comings import Told
from hub.core.presence import Changes
from hub.core.publications import JOIN, LEAVE
from hub.presence import Attending, PresenceStore, PresenceUnknown, Recorder
from tests import servers
from tests.integration.hub.presence.recording import Recording, recording
from tests.integration.hub.presence.shared import Shared

pytestmark = pytest.mark.usefixtures("quick")

STREAM = "t:a"


class Process(Recording):
    """A server process: its clients, and what it was given to tell of them."""

    def __init__(self, store: PresenceStore) -> None:
        self.told: list[tuple[str, str]] = []
        self.clients = Attending(has=lambda stream: (True, stream == STREAM), publish=self._publish)
        self.recorder = Recorder(store, self._tell, self.clients)

    def _publish(self, told: Sequence[Told]) -> None:
        self.told += [(one.type, info_of(one.text)["client"]) for one in told]

    async def _tell(self, changes: Changes) -> None:
        return

    def enter(self, *clients: str, stream: str = STREAM) -> None:
        for client in clients:
            self.clients.enter(stream, client, {"user": client[0], "client": client})

    def leave(self, *clients: str) -> None:
        for client in clients:
            self.clients.leave(STREAM, client)


def running(store: PresenceStore, count: int) -> AbstractAsyncContextManager[list[Process]]:
    return recording([Process(store) for _ in range(count)])


def there(store: PresenceStore, stream: str = STREAM) -> set[str] | None:
    """Return which clients read a stream, or None where it is not known."""
    try:
        return set(store.read_clients(stream, 1_000).entries)
    except PresenceUnknown:
        return None


async def until_there(store: PresenceStore, *clients: str, stream: str = STREAM) -> list[set[str] | None]:
    """Wait until these clients read a stream and no others; return what was seen before."""
    seen: list[set[str] | None] = []
    async with asyncio.timeout(60):
        while (found := there(store, stream)) != set(clients):
            seen.append(found)
            await asyncio.sleep(0.01)
    return seen


async def until_told(expected: list[tuple[str, str]], *processes: Process) -> None:
    """Wait until all of this was told, by whichever process, and nothing else."""
    async with asyncio.timeout(60):
        while sum(len(process.told) for process in processes) < len(expected):
            await asyncio.sleep(0.01)
    assert sorted(told for process in processes for told in process.told) == sorted(expected)


async def test_clients_that_come_and_go_are_there_and_told_by_their_process(shared: Shared) -> None:
    async with running(shared.store, 2) as (one, other):
        one.enter("1a", "1b")
        other.enter("2a")
        other.enter("2b", stream="t:untold")
        await until_there(shared.store, "1a", "1b", "2a")
        await until_there(shared.store, "2b", stream="t:untold")
        one.leave("1a")
        await until_there(shared.store, "1b", "2a")
        await until_told([(JOIN, "1a"), (JOIN, "1b"), (LEAVE, "1a")], one)
        await until_told([(JOIN, "2a")], other)


async def test_a_subscription_may_have_other_options_than_its_stream(shared: Shared) -> None:
    async with running(shared.store, 1) as (one,):
        hidden, shown = ({"user": "1", "client": client} for client in ("hidden", "shown"))
        one.clients.enter(STREAM, "hidden", hidden, presence=False, join_leave=False)
        one.clients.enter("t:untold", "shown", shown, join_leave=True)
        await until_told([(JOIN, "shown")], one)
        await until_there(shared.store, "shown", stream="t:untold")
        assert there(shared.store) == set()
        assert len(one.clients) == 1


async def test_the_clients_of_a_killed_process_are_gone_and_told_to_have_left_once(shared: Shared) -> None:
    async with running(shared.store, 3) as (killed, one, other):
        killed.enter("1a", "1b")
        one.enter("1c")
        await until_there(shared.store, "1a", "1b", "1c")
        await until_told([(JOIN, "1a"), (JOIN, "1b")], killed)
        await killed.kill()
        await until_there(shared.store, "1c")
        await until_told([(JOIN, "1c"), (LEAVE, "1a"), (LEAVE, "1b")], one, other)


async def test_a_process_that_ends_in_order_takes_its_clients_along(shared: Shared) -> None:
    async with running(shared.store, 1) as (staying,):
        async with running(shared.store, 1) as (ending,):
            ending.enter("1a")
            await until_there(shared.store, "1a")
        await until_there(shared.store)
        await until_told([(LEAVE, "1a")], staying)


async def test_a_process_that_was_counted_as_dead_tells_again_of_its_clients(shared: Shared) -> None:
    async with running(shared.store, 2) as (frozen, other):
        frozen.enter("1a")
        await until_told([(JOIN, "1a")], frozen)
        await frozen.kill()
        await until_told([(LEAVE, "1a")], other)
        frozen.recorder.start()
        await until_there(shared.store, "1a")
        await until_told([(JOIN, "1a"), (JOIN, "1a")], frozen)


async def test_after_redis_lost_everything_all_clients_are_there_again_and_nobody_joins_twice(shared: Shared) -> None:
    async with running(shared.store, 2) as (one, other):
        one.enter("1a", "1b")
        other.enter("2a")
        await until_there(shared.store, "1a", "1b", "2a")
        await until_told([(JOIN, "1a"), (JOIN, "1b"), (JOIN, "2a")], one, other)
        shared.lose_everything()
        one.leave("1a")
        other.enter("2b")
        seen = await until_there(shared.store, "1b", "2a", "2b")
        # Never anything between what was and what is.
        assert all(found is None for found in seen)
        await until_told([(JOIN, "1a"), (JOIN, "1b"), (JOIN, "2a"), (LEAVE, "1a"), (JOIN, "2b")], one, other)


async def test_without_redis_clients_are_unknown_and_right_again_when_it_is_back() -> None:
    with servers.temporary_var() as var:
        store = PresenceStore(f"unix://{var}/redis.sock", "test")
        async with running(store, 2) as (one, other):
            with servers.running_redis(var / "redis.sock"):
                one.enter("1a")
                other.enter("2a")
                await until_there(store, "1a", "2a")
            assert there(store) is None
            one.leave("1a")
            other.enter("2b")
            assert there(store) is None
            with servers.running_redis(var / "redis.sock"):
                await until_there(store, "2a", "2b")
        store.close()


async def test_a_thousand_clients_at_once_are_recorded_in_a_few_calls_and_told_in_their_time(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    record = shared.store.record_clients

    def counted(process: str, life: str, entries: Sequence[ClientEntry]) -> None:
        calls.append(len(entries))
        record(process, life, entries)

    monkeypatch.setattr(shared.store, "record_clients", counted)
    async with running(shared.store, 1) as (one,):
        one.enter(*(f"{n}" for n in range(1_000)))
        await until_there(shared.store, *(f"{n}" for n in range(1_000)))
        assert sum(calls) == 1_000
        assert len(calls) <= 12
        # A push for each reader: 10,000 at once, and as many a second. All of them would be a million.
        assert one.clients.waiting > 500
        one.leave(*(f"{n}" for n in range(1_000)))
        await until_there(shared.store)
        async with asyncio.timeout(60):
            while one.clients.waiting:
                await asyncio.sleep(0.05)
        # Of those that nobody heard of nobody hears.
        assert 20 <= len(one.told) < 1_000
        joined = [client for type_, client in one.told if type_ == JOIN]
        assert sorted(joined) == sorted(client for type_, client in one.told if type_ == LEAVE)
