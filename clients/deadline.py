"""A moment that something must be done by, on the steady clock."""

import time
from collections.abc import Callable


class Deadline:
    """The end of a time limit that starts now.

    Arguments:
        seconds: the limit; None for no limit at all.
        clock: returns the time in seconds, never going back.
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return self._end is not None and self._clock() >= self._end

    def left(self, at_most: float | None = None) -> float | None:
        """Return how many seconds are left, 0 or more; None for no limit.

        Arguments:
            at_most: another limit in seconds; the shorter one counts.
        """
        left = None if self._end is None else max(0.0, self._end - self._clock())
        limits = [limit for limit in (left, at_most) if limit is not None]
        return min(limits) if limits else None
