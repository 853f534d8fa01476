"""A time by which something has to have happened."""

import time
from collections.abc import Callable, Hashable
from itertools import takewhile
from typing import Any, Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Deadline:
    """Calls when its time is up, unless it was stopped before.

    Arguments:
        call_later: calls a function after so many seconds, as Twisted's reactor does.
        on_passed: what to call.
    """

    __slots__ = ("_call", "_call_later", "_on_passed")

    def __init__(self, call_later: Callable[..., Any], on_passed: Callable[[], None]) -> None:
        self._call_later = call_later
        self._on_passed = on_passed
        self._call: Any = None

    @property
    def is_set(self) -> bool:
        """Whether time runs."""
        return self._call is not None

    def start(self, seconds: float) -> None:
        """Let time run from now on, whatever was before."""
        self.stop()
        self._call = self._call_later(seconds, self._pass)

    def extend(self, seconds: float) -> None:
        """Give more time, where it runs."""
        if self._call is not None:
            self._call.delay(seconds)

    def stop(self) -> None:
        """Let time run no more."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _pass(self) -> None:
        self._call = None
        self._on_passed()


class Deadlines(Generic[Item]):
    """Many deadlines of one length, by one timer: a timer each would take more than what waits.

    Arguments:
        seconds: how long each lasts.
        on_passed: what to call with an item whose time is up.
        call_later: calls a function after so many seconds.
        clock: returns seconds, and never goes back.
    """

    __slots__ = ("_call_later", "_clock", "_ends", "_on_passed", "_seconds", "_waits")

    def __init__(
        self,
        seconds: float,
        on_passed: Callable[[Item], None],
        call_later: Callable[..., Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._on_passed = on_passed
        self._call_later = call_later
        self._clock = clock
        # When each ends. All last equally long, so the one that was set first ends first.
        self._ends: dict[Item, float] = {}
        self._waits = False

    def start(self, item: Item) -> None:
        """Let time run for an item from now on, whatever was before."""
        self._ends.pop(item, None)
        self._ends[item] = self._clock() + self._seconds
        if not self._waits:
            self._wait(self._seconds)

    def stop(self, item: Item) -> float:
        """Let time run no more. Returns the seconds that were left, none where it did not run."""
        end = self._ends.pop(item, None)
        return 0.0 if end is None else max(0.0, end - self._clock())

    def _wait(self, seconds: float) -> None:
        self._waits = True
        self._call_later(seconds, self._look)

    def _look(self) -> None:
        self._waits = False
        now = self._clock()
        passed = [item for item, _ in takewhile(lambda entry: entry[1] <= now, self._ends.items())]
        for item in passed:
            # One may have been stopped on account of another.
            if self._ends.pop(item, None) is not None:
                self._on_passed(item)
        if self._ends and not self._waits:
            self._wait(max(0.0, next(iter(self._ends.values())) - now))
