"""A token bucket, told the time by its caller."""


class TokenBucket:
    """Lets `burst` uses through at once and `rate` a second in the long run.

    Arguments:
        rate: tokens that come back per second, more than 0.
        burst: tokens that it holds when full, at least 1.
        now: the time in seconds, of any steady clock.
    """

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"expected rate > 0 and burst >= 1, got rate={rate} and burst={burst}")
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._updated = now

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens if they are there.

        Arguments:
            now: the time in seconds, of the clock the bucket was made with.
            cost: how many tokens the use costs.
        Returns:
            Whether they were there; if not, nothing is taken.
        """
        # A clock that steps back must not take tokens away.
        elapsed = max(0.0, now - self._updated)
        self._updated = max(now, self._updated)
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate)
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True
