"""Asking the database for many at once: who goes together, and what reaches whom."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from django.db import OperationalError
from pytest_django import Settings

from hub.batching import Batch
from hub.core.errors import TooManyRequests
from hub.database import DatabaseTimeout, DatabaseUnavailable, shut_down

# Nothing here asks the database; but the hub's threads may hold a connection of the test before, and close it.
pytestmark = pytest.mark.django_db(transaction=True)

Outcomes = list[str | Exception]


@pytest.fixture(autouse=True)
async def _threads() -> AsyncIterator[None]:
    yield
    shut_down()


class Runs:
    """A function of many that says which were taken together. The first run lasts until it is let go."""

    def __init__(self, outcome_of: Callable[[str], str | Exception] = str.upper) -> None:
        self.taken: list[list[str]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self._outcome_of = outcome_of

    def __call__(self, items: list[str]) -> Outcomes:
        self.taken.append(items)
        self.begun.set()
        assert self.go.wait(60)
        return [self._outcome_of(item) for item in items]

    async def wait_for_begin(self) -> None:
        await asyncio.to_thread(self.begun.wait, 60)


async def test_what_comes_while_a_run_is_under_way_goes_into_the_next_one_in_order() -> None:
    runs = Runs()
    batch = Batch(runs)
    first = asyncio.create_task(batch("a"))
    await runs.wait_for_begin()
    others = [asyncio.create_task(batch(item)) for item in "bcd"]
    await asyncio.sleep(0)
    runs.go.set()
    assert await asyncio.gather(first, *others) == ["A", "B", "C", "D"]
    assert runs.taken == [["a"], ["b", "c", "d"]]


async def test_what_comes_in_one_round_of_the_event_loop_goes_together_and_no_run_takes_too_many() -> None:
    runs = Runs()
    runs.go.set()
    batch = Batch(runs, most=2)
    assert await asyncio.gather(*map(batch, "abcde")) == ["A", "B", "C", "D", "E"]
    assert runs.taken == [["a", "b"], ["c", "d"], ["e"]]


async def test_an_error_is_that_of_its_asker_alone() -> None:
    def outcome_of(item: str) -> str | Exception:
        return ValueError(item) if item == "b" else StopIteration(item) if item == "c" else item

    runs = Runs(outcome_of)
    runs.go.set()
    results = await asyncio.gather(*map(Batch(runs), "abcd"), return_exceptions=True)
    assert [repr(result) for result in results] == [
        "'a'",
        "ValueError('b')",
        "RuntimeError(\"database work raised StopIteration('c')\")",
        "'d'",
    ]
    assert len(runs.taken) == 1


async def test_a_run_that_fails_fails_each_of_its_askers_and_not_those_of_the_next() -> None:
    def refuse(item: str) -> str:
        if item in "ab":
            raise OperationalError("the server closed the connection")
        return item

    runs = Runs(refuse)
    runs.go.set()
    results = await asyncio.gather(*map(Batch(runs, most=2), "abcd"), return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseUnavailable, DatabaseUnavailable, str, str]


async def test_too_few_answers_are_an_error_and_no_mix_up() -> None:
    batch: Batch[str, str] = Batch(lambda items: items[1:])
    results = await asyncio.gather(batch("a"), batch("b"), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]


async def test_whoever_is_cancelled_harms_no_other_and_is_not_asked_for_before_the_run_begins() -> None:
    runs = Runs()
    batch = Batch(runs)
    asked = {item: asyncio.create_task(batch(item)) for item in "ab"}
    await runs.wait_for_begin()
    asked |= {item: asyncio.create_task(batch(item)) for item in "cd"}
    await asyncio.sleep(0)
    for item in "ac":
        asked[item].cancel()
    await asyncio.sleep(0)
    runs.go.set()
    assert (await asked["b"], await asked["d"]) == ("B", "D")
    assert runs.taken == [["a", "b"], ["d"]]
    assert asked["a"].cancelled()


async def test_no_more_than_so_many_wait() -> None:
    runs = Runs()
    batch = Batch(runs, waiting=2)
    first = asyncio.create_task(batch("a"))
    await runs.wait_for_begin()
    others = [asyncio.create_task(batch(item)) for item in "bc"]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        await batch("d")
    runs.go.set()
    assert await asyncio.gather(first, *others) == ["A", "B", "C"]


async def test_a_run_that_takes_too_long_is_given_up_with_all_that_waited_as_long(settings: Settings) -> None:
    settings.HUBBUB_DATABASE_TIMEOUT = 0.05
    runs = Runs()
    batch = Batch(runs)
    first = asyncio.create_task(batch("a"))
    await runs.wait_for_begin()
    second = asyncio.create_task(batch("b"))
    # It came before the run has begun to be too long.
    await asyncio.sleep(0)
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseTimeout, DatabaseTimeout]
    settings.HUBBUB_DATABASE_TIMEOUT = 60
    runs.go.set()
    assert await batch("c") == "C"


async def test_an_event_loop_that_is_over_leaves_nothing_behind() -> None:
    batch: Batch[str, str] = Batch(lambda items: [item.upper() for item in items])
    assert await asyncio.to_thread(asyncio.run, batch("a")) == "A"
    assert await batch("b") == "B"
    assert not [line for line in batch._lines.values() if line.waiting or line.running]
