"""How long to wait before trying again: exponential, with full jitter."""


def backoff(attempt: int, *, base: float, limit: float, chance: float) -> float:
    """Return the pause before another attempt, in seconds.

    Arguments:
        attempt: how many attempts failed in a row, 1 or more.
        base: the longest pause after the first failure, in seconds.
        limit: the longest pause at all, in seconds.
        chance: a random number from 0 to 1, so that many who failed together do not come back together.
    """
    return min(limit, base * 2.0 ** min(attempt - 1, 30)) * chance
