"""Asking the database for many at once: what comes while a question is under way goes into the next one, together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from hub.conf import conf
from hub.core.errors import TooManyRequests
from hub.database import DatabaseTimeout, in_database

I = TypeVar("I")  # noqa: E741 -- an item; R is what becomes of it
R = TypeVar("R")

#: Items that one run takes.
MOST = 200
#: Items that may wait for a run; beyond, askers are turned away instead of waiting without end.
MAX_WAITING = 10_000


class _Line(Generic[I, R]):
    """Who waits on one event loop: item, where its outcome goes, and since when, in steady seconds."""

    __slots__ = ("running", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[I, asyncio.Future[R], float]] = deque()
        #: What takes them to the database; None while nobody waits. The event loop itself holds it only weakly.
        self.running: asyncio.Task[None] | None = None


class Batch(Generic[I, R]):
    """A function of many items, to be asked for one: `await batch(item)`.

    One run at a time takes all that wait, in the order in which they came, so that under load the cost of a query or
    a commit is shared, and without load nobody waits for others.

    Arguments:
        function: called on a thread for the database with items; returns what became of each, in their order: a
            result, or an exception that is raised for the asker of that item alone.
        most: items in one run.
        waiting: items that may wait.
    """

    def __init__(
        self, function: Callable[[list[I]], Sequence[R | Exception]], *, most: int = MOST, waiting: int = MAX_WAITING
    ) -> None:
        self._function = function
        self._most = most
        self._limit = waiting
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[I, R]] = WeakKeyDictionary()

    async def __call__(self, item: I) -> R:
        """Return what becomes of an item.

        Raises:
            TooManyRequests: too many wait already.
            DatabaseUnavailable, DatabaseTimeout: as `hub.database.in_database`, for all of a run alike.
            Exception: whatever the function says of this item.
        """
        return await self.submit(item)

    def submit(self, item: I) -> asyncio.Future[R]:
        """Add an item to the next run. Cancelling what is returned takes it out again, unless its run has begun.

        Returns:
            What becomes of it.
        Raises:
            TooManyRequests: too many wait already.
        """
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line()
        if len(line.waiting) >= self._limit:
            raise TooManyRequests("the database has too much to do; try again")
        future: asyncio.Future[R] = loop.create_future()
        line.waiting.append((item, future, time.monotonic()))
        if line.running is None:
            # It begins after whatever else comes in this round of the event loop.
            line.running = loop.create_task(self._work(line), name="hub-batch")
        return future

    async def _work(self, line: _Line[I, R]) -> None:
        try:
            while line.waiting:
                items, futures = self._take(line)
                if items:
                    await self._run(items, futures)
        finally:
            # The task holds the event loop, and the event loop must not be held by what it is the weak key of.
            line.running = None
            for _, future, _ in line.waiting:
                future.cancel()
            line.waiting.clear()

    def _take(self, line: _Line[I, R]) -> tuple[list[I], list[asyncio.Future[R]]]:
        items: list[I] = []
        futures: list[asyncio.Future[R]] = []
        latest = time.monotonic() - conf.DATABASE_TIMEOUT
        while line.waiting and len(items) < self._most:
            item, future, since = line.waiting.popleft()
            if future.done():
                continue
            if since < latest:
                future.set_exception(DatabaseTimeout())
                continue
            items.append(item)
            futures.append(future)
        return items, futures

    async def _run(self, items: list[I], futures: list[asyncio.Future[R]]) -> None:
        try:
            outcomes = await in_database(self._function, items)
            pairs = list(zip(futures, outcomes, strict=True))
        except Exception as error:
            pairs = [(future, error) for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        for future, outcome in pairs:
            # An asker may have gone meanwhile.
            if future.done():
                continue
            if not isinstance(outcome, Exception):
                future.set_result(outcome)
            elif isinstance(outcome, StopIteration):
                # No future can carry it (as PEP 479 says of generators).
                future.set_exception(RuntimeError(f"database work raised {outcome!r}"))
            else:
                future.set_exception(outcome)
