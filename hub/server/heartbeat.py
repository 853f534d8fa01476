"""When to ask a silent client whether it is there, and how long to wait for its answer."""

import time
from collections.abc import Callable


class Heartbeat:
    """The signs of life of one client. Anything that it sends is one.

    Arguments:
        interval: seconds of silence after which the client is asked.
        patience: seconds that it gets to answer; 0 for any time it likes.
        clock: returns seconds, and never goes back.
    """

    __slots__ = ("_asked", "_clock", "_interval", "_last", "_patience")

    def __init__(self, interval: float, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._patience = patience
        self._clock = clock
        # When the client was heard of, or was asked.
        self._last = clock()
        # When it was asked what it has not answered yet.
        self._asked: float | None = None

    def hear(self) -> None:
        """Take note of a sign of life."""
        self._last = self._clock()
        self._asked = None

    def ask(self) -> None:
        """Take note that the client is asked now."""
        self._last = self._clock()
        if self._asked is None:
            self._asked = self._last

    @property
    def is_due(self) -> bool:
        """Whether it is time to ask."""
        return self._clock() - self._last > self._interval

    @property
    def is_overdue(self) -> bool:
        """Whether the client has had its time to answer."""
        return self._asked is not None and 0 < self._patience < self._clock() - self._asked
