"""Database work of an event loop: on threads of its own, bounded in time and number, and told as it went."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, connections, transaction
from pytest_django import Settings

from hub import database
from hub.conf import conf
from hub.core.errors import BadRequest, TooManyRequests
from hub.database import DatabaseTimeout, DatabaseUnavailable, in_database, shut_down
from tests.integration.conftest import MakeUser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """End the threads after each test, and with them their connections."""
    yield
    shut_down()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What work can be made to wait for; open at the end in any case."""
    gate = threading.Event()
    yield gate
    gate.set()


async def test_work_is_done_elsewhere_and_its_result_comes_back(make_user: MakeUser) -> None:
    def count(*names: str, active: bool) -> tuple[int, str]:
        return User.objects.filter(username__in=names, is_active=active).count(), threading.current_thread().name

    make = await in_database(make_user, "ann")
    users, thread = await in_database(count, make.username, "bob", active=True)
    assert users == 1
    assert thread.startswith("hub-database")


@pytest.mark.parametrize("error", [BadRequest("no"), ZeroDivisionError("no"), TimeoutError("its own")])
async def test_what_the_work_raises_is_raised(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await in_database(fail)
    assert repr(caught.value) == repr(error)


async def test_an_error_that_no_future_can_carry_is_raised_in_another() -> None:
    nothing: Iterator[int] = iter([])
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await in_database(lambda: next(nothing))


async def test_a_failure_leaves_nothing_of_its_transaction(make_user: MakeUser) -> None:
    def fail() -> None:
        with transaction.atomic():
            make_user("ann")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_database(fail)
    assert not await in_database(User.objects.exists)


async def test_who_waits_too_long_is_told_so_and_the_work_is_still_done(
    gate: threading.Event, settings: Settings, make_user: MakeUser
) -> None:
    def slow() -> None:
        gate.wait()
        make_user("ann")

    settings.HUBBUB_DATABASE_TIMEOUT = 0.05
    with pytest.raises(DatabaseTimeout, match="did not answer in time"):
        await in_database(slow)
    settings.HUBBUB_DATABASE_TIMEOUT = 60.0
    gate.set()
    while not await in_database(User.objects.exists):
        await asyncio.sleep(0.01)


async def test_waiting_for_a_thread_counts_too(gate: threading.Event, settings: Settings) -> None:
    settings.HUBBUB_DATABASE_TIMEOUT = 0.05
    busy = [asyncio.create_task(in_database(gate.wait)) for _ in range(conf.DATABASE_THREADS)]
    # Each takes its thread when it first runs.
    await asyncio.sleep(0)
    with pytest.raises(DatabaseTimeout):
        await in_database(User.objects.exists)
    assert all(isinstance(result, DatabaseTimeout) for result in await asyncio.gather(*busy, return_exceptions=True))


async def test_the_event_loop_goes_on_while_the_database_is_busy(gate: threading.Event) -> None:
    busy = [asyncio.create_task(in_database(gate.wait)) for _ in range(conf.DATABASE_THREADS)]
    for _ in range(10):
        await asyncio.sleep(0.001)
    assert not any(task.done() for task in busy)
    gate.set()
    assert await asyncio.gather(*busy) == [True] * conf.DATABASE_THREADS


async def test_who_comes_when_a_thousand_wait_is_turned_away(gate: threading.Event) -> None:
    waiting = [asyncio.create_task(in_database(gate.wait)) for _ in range(database.MAX_WAITING)]
    # Each takes its place when it first runs.
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests, match="too much to do"):
        await in_database(User.objects.exists)
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * database.MAX_WAITING
    assert not await in_database(User.objects.exists)


async def test_who_gives_up_waiting_leaves_no_place_taken(gate: threading.Event) -> None:
    for _ in range(3):
        waiting = [asyncio.create_task(in_database(gate.wait)) for _ in range(database.MAX_WAITING // 2)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        gate.set()
        # The work was not given up: its threads have to come to it.
        await in_database(User.objects.exists)
        gate.clear()
    assert not await in_database(User.objects.exists)


async def test_an_asker_is_cancelled_whenever_that_comes() -> None:
    for delay in range(60):
        task = asyncio.create_task(in_database(User.objects.exists))
        await asyncio.sleep(delay / 20_000)
        if not task.cancel():
            break
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_error_that_nobody_waits_for_any_more_is_no_complaint_of_the_loop(gate: threading.Event) -> None:
    def fail() -> None:
        gate.wait()
        raise ZeroDivisionError

    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    task = asyncio.create_task(in_database(fail))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    await asyncio.gather(*(in_database(User.objects.exists) for _ in range(conf.DATABASE_THREADS)))
    del task
    gc.collect()
    assert complaints == []


def broken() -> None:
    """Use a connection that breaks on the way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.connection.close()
    User.objects.exists()


async def test_a_connection_that_broke_is_not_used_again() -> None:
    for _ in range(conf.DATABASE_THREADS * 2):
        with pytest.raises((ProgrammingError, DatabaseUnavailable)):
            await in_database(broken)
    results = await asyncio.gather(*(in_database(User.objects.exists) for _ in range(conf.DATABASE_THREADS * 4)))
    assert results == [False] * conf.DATABASE_THREADS * 4


async def test_a_transaction_that_was_left_open_is_not_carried_on_by_the_next_work(make_user: MakeUser) -> None:
    def leave_open() -> None:
        transaction.set_autocommit(False)
        make_user("ann")

    await in_database(leave_open)
    names = await asyncio.gather(*(in_database(lambda: connection.get_autocommit()) for _ in range(8)))
    assert names == [True] * 8
    assert not await in_database(User.objects.exists)


@pytest.mark.sqlite
async def test_a_database_that_cannot_be_opened_is_an_error_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "NAME", "/nowhere/hubbub.sqlite3")
        with pytest.raises(DatabaseUnavailable, match="the database could not do this just now") as caught:
            await in_database(User.objects.exists)
        assert "unable to open database file" in str(caught.value.__cause__)
    assert not await in_database(User.objects.exists)


@pytest.mark.sqlite
async def test_a_thread_keeps_its_connection_until_another_file_has_the_place_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    # One thread, which does all there is to do.
    settings.HUBBUB_DATABASE_THREADS = 1
    shut_down()
    first, second = tmp_path / "first", tmp_path / "second"
    for path, number in ((first, 1), (second, 2)):
        with closing(sqlite3.connect(path)) as made:
            made.executescript(f"CREATE TABLE numbers (n); INSERT INTO numbers VALUES ({number})")
    monkeypatch.setitem(connections.settings, "default", {**connections.settings["default"], "NAME": str(first)})

    def read() -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM numbers")
            return cursor.fetchone()[0], id(connection.connection)

    number, kept = await in_database(read)
    assert number == 1
    assert await in_database(read) == (1, kept)
    second.replace(first)
    assert (await in_database(read))[0] == 2
