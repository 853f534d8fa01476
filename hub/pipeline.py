"""Commands of one connection that are under way at the same time, and answered in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Pipeline(Generic[T, R]):
    """What was asked for and is not answered yet, oldest first.

    Arguments:
        limit: how much may be under way.
        answer: called with what was asked for and its outcome, in order.
        on_busy: called with True when something comes to be under way where nothing was, with False when all is done.
    """

    __slots__ = ("_answer", "_changed", "_limit", "_on_busy", "_under_way")

    def __init__(
        self,
        limit: int,
        answer: Callable[[T, asyncio.Future[R]], None],
        on_busy: Callable[[bool], None] = lambda busy: None,
    ) -> None:
        self._limit = limit
        self._answer = answer
        self._on_busy = on_busy
        self._under_way: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._changed: asyncio.Event | None = None

    def add(self, asked: T, outcome: asyncio.Future[R]) -> None:
        """Have something answered when its outcome is there and all before it is answered. Wait for `room` first."""
        if not self._under_way:
            self._on_busy(True)
        self._under_way.append((asked, outcome))
        outcome.add_done_callback(self._on_done)

    async def room(self) -> None:
        """Wait until more may be under way."""
        while len(self._under_way) >= self._limit:
            await self._change()

    async def idle(self) -> None:
        """Wait until everything is answered."""
        while self._under_way:
            await self._change()

    async def _change(self) -> None:
        self._changed = self._changed or asyncio.Event()
        await self._changed.wait()

    def _on_done(self, outcome: asyncio.Future[R]) -> None:
        answered = False
        while self._under_way and self._under_way[0][1].done():
            asked, done = self._under_way.popleft()
            answered = True
            # Cancelled ones are of an event loop that ends.
            if not done.cancelled():
                self._answer(asked, done)
        if not answered:
            return
        if self._changed is not None:
            self._changed.set()
            self._changed = None
        if not self._under_way:
            self._on_busy(False)
