"""How long to wait before the next attempt: exponential, with full jitter, so that not all clients return at once."""

import random
from collections.abc import Callable

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 20.0
STABLE_SECONDS = 30.0


class Backoff:
    """Counts the attempts that failed in a row and says how long to wait before the next.

    The count starts again only after a connection that lasted: a server that accepts and drops at once
    would otherwise be hammered.

    Arguments:
        first: the longest wait before the first repetition, in seconds; it doubles with each failure.
        longest: the longest wait at all, in seconds.
        stable: how many seconds a connection must have lasted to start the count again.
        chance: returns a random number of [0, 1).
    """

    def __init__(
        self,
        first: float = FIRST_SECONDS,
        longest: float = LONGEST_SECONDS,
        stable: float = STABLE_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first = first
        self._longest = longest
        self._stable = stable
        self._chance = chance
        self.failures = 0
        """How many attempts failed in a row."""

    def failed(self, lasted: float = 0.0) -> float:
        """Count a failure.

        Arguments:
            lasted: how many seconds the connection was in use before it failed.
        Returns:
            How many seconds to wait before the next attempt.
        """
        if lasted >= self._stable:
            self.failures = 0
        # The exponent is bounded because a client may try for weeks, and 2.0 ** 1024 overflows.
        limit = min(self._longest, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return limit * self._chance()
