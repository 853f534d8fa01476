"""Database work for the event loop: a bounded executor of the hub's own, with time limits.

Channels runs the database calls of all consumers of a process on one thread, so that one slow query would hold up
every connection. Here a few threads share the work, each with its own database connection, and whoever waits too
long is told so.
"""

import asyncio
import functools
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from hub.conf import conf
from hub.core.errors import InternalError, TooManyRequests

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Pieces of work that may wait for a thread; beyond, askers are turned away instead of waiting without end.
MAX_WAITING = 1_000

_waiting = threading.Semaphore(MAX_WAITING)


class DatabaseUnavailable(InternalError):
    """The database cannot be reached, is busy, or broke the work off: the same may succeed later."""

    default_message = "the database could not do this just now; try again"


class DatabaseTimeout(DatabaseUnavailable):
    """The database did not answer in time."""

    default_message = "the database did not answer in time; try again"


@functools.lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.DATABASE_THREADS, thread_name_prefix="hub-database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the database on one of the hub's threads.

    Arguments:
        function: what to run; it may use the ORM and open transactions.
    Returns:
        What it returns.
    Raises:
        DatabaseUnavailable: the database cannot be reached, is busy, or broke the work off, to end a deadlock, say.
        DatabaseTimeout: it took more than `HUBBUB_DATABASE_TIMEOUT` seconds, waiting included. It may still finish.
        TooManyRequests: 1,000 pieces of work wait already.
        Exception: whatever the function raises.
    """
    if not _waiting.acquire(blocking=False):
        raise TooManyRequests("the database has too much to do; try again")
    future = asyncio.get_running_loop().run_in_executor(
        _executor(), _call, functools.partial(function, *args, **kwargs)
    )
    future.add_done_callback(_collect)
    try:
        # Not `wait_for`, which before Python 3.12 forgets to be cancelled when the work is done at that very moment.
        async with asyncio.timeout(conf.DATABASE_TIMEOUT):
            # Shielded, since a thread that has begun cannot be stopped.
            return await asyncio.shield(future)
    except TimeoutError as error:
        if future.done():
            raise
        raise DatabaseTimeout from error


def _call(work: Callable[[], T]) -> T:
    try:
        _close_old()
        return work()
    except (OperationalError, InterfaceError) as error:
        logger.warning("the database refused work: %s", str(error).strip(), extra={"action": "database_refused"})
        raise DatabaseUnavailable from error
    except StopIteration as error:
        # No future can carry it, and its asker would wait for ever (as PEP 479 says of generators).
        raise RuntimeError("database work raised StopIteration") from error
    finally:
        try:
            _close_old()
        finally:
            _waiting.release()


class _Kept(threading.local):
    """What a thread knows of the connections that it keeps."""

    def __init__(self) -> None:
        #: By alias: the connection, and device and number of its file when that was looked at first.
        self.files: dict[str, tuple[object, tuple[int, int]]] = {}


_kept = _Kept()


def _close_old() -> None:
    """Close connections as a request does, those that broke or go back to a pool; but keep those to SQLite.

    These threads stay, and so may their connections: to open one takes longer than most work, and the last one that is
    closed writes the whole log of a SQLite database (its WAL) into the file.
    """
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite" and connection.connection is not None:
            # One that has failed may fail for ever: Django takes each for usable.
            gone = connection.errors_occurred or _is_replaced(connection)
            connection.close_at = time.monotonic() if gone else None
    close_old_connections()


def _is_replaced(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the file of an open database is another one now: a backup was put in its place."""
    try:
        found = os.stat(connection.settings_dict["NAME"])
    except (OSError, TypeError):
        # It has none, or none any more: then it is for the next statement to say.
        return False
    now = (found.st_dev, found.st_ino)
    known, then = _kept.files.get(connection.alias, (None, now))
    if known is not connection.connection:
        then = now
        _kept.files[connection.alias] = (connection.connection, now)
    return then != now


def _collect(future: asyncio.Future[T]) -> None:
    """Look at the outcome of work that nobody may wait for any more, or asyncio complains of an error never seen."""
    if not future.cancelled():
        future.exception()


def shut_down() -> None:
    """Wait for the work that is under way and close the threads' database connections."""
    executor = _executor()
    for _ in range(conf.DATABASE_THREADS):
        executor.submit(connections.close_all)
    executor.shutdown(wait=True)
    _executor.cache_clear()
