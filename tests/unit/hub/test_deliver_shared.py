"""Several readers of one connection: what waits for all of them together is bounded as for a single one (P4)."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from hub.core.outbox import Budget
from hub.deliver import EncodedEvent, Reader
from tests.unit.hub.reading import Client, encoded, turns, until

#: Bytes that may wait for the connection.
LIMIT = 1_000
READERS = 20
SIZE = 200


async def stay_behind(reader: Reader) -> list[EncodedEvent]:
    await asyncio.sleep(3600)
    return []


def live_readers(client: Client, budget: Budget, stack: AsyncExitStack) -> list[Reader]:
    """Return readers that stand at the end of their streams, and run when they have to."""
    readers = []
    for number in range(READERS):
        reader = Reader(f"room:{number}", client.send, budget)
        reader.live = True
        reader.on_work = _runner(reader, stack)
        readers.append(reader)
    return readers


def _runner(reader: Reader, stack: AsyncExitStack) -> Callable[[], None]:
    def start() -> None:
        stack.callback(asyncio.ensure_future(reader.run(stay_behind)).cancel)

    return start


async def test_readers_of_one_connection_share_what_may_wait() -> None:
    client, budget = Client(), Budget(LIMIT)
    async with AsyncExitStack() as stack:
        readers = live_readers(client, budget, stack)
        taken = [reader.offer([encoded(1, SIZE)]) for reader in readers]
        await turns()
        # Each has room for several by itself; together they have room for as many as fit, in flight or not.
        size = len(encoded(1, SIZE).message(readers[0]._wire))
        assert sum(taken) == LIMIT // size < READERS
        assert budget.used == sum(taken) * size
        # Those that found no room read on from the log.
        assert [reader.live for reader in readers] == taken


async def test_what_was_sent_makes_room_again() -> None:
    client, budget = Client(), Budget(LIMIT)
    async with AsyncExitStack() as stack:
        readers = live_readers(client, budget, stack)
        for reader in readers:
            reader.offer([encoded(1, SIZE)])
        client.take_all()
        client.take(READERS)
        await until(lambda: budget.used == 0)
        assert readers[0].offer([encoded(2, SIZE)])


async def test_a_reader_that_is_closed_gives_back_what_it_held() -> None:
    client, budget = Client(), Budget(LIMIT)
    reader = Reader("room:a", client.send, budget)
    reader.live = True
    reader.offer([encoded(1, SIZE)])
    assert budget.used
    reader.close()
    assert budget.used == 0


async def test_a_single_event_beyond_the_limit_gets_through_where_nothing_waits() -> None:
    client, budget = Client(), Budget(LIMIT)
    first, second = Reader("room:a", client.send, budget), Reader("room:b", client.send, budget)
    first.live = second.live = True
    assert first.offer([encoded(1, 5 * LIMIT)])
    assert not second.offer([encoded(1, 1)])


async def test_only_so_many_readers_at_a_time_hold_a_page_of_the_log() -> None:
    client = Client()
    pages = asyncio.Semaphore(2)
    fetched = most = 0

    async def catch_up(reader: Reader) -> list[EncodedEvent]:
        nonlocal fetched, most
        if reader.sent:
            reader.live = True
            return []
        fetched += 1
        most = max(most, fetched - len(client.messages))
        return [encoded(1, SIZE)]

    readers = [Reader(f"room:{n}", client.send, Budget(LIMIT), turns=pages) for n in range(10)]
    running = [asyncio.ensure_future(reader.run(catch_up)) for reader in readers]
    await turns()
    # The client takes nothing: the others wait for a turn.
    assert fetched == 2
    client.take_all()
    client.take(10)
    await until(lambda: all(task.done() for task in running))
    assert (fetched, len(client.messages), most) == (10, 10, 2)
