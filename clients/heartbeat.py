"""When to send a ping, and when silence means that the connection is dead. No clock of its own."""

PING_SECONDS = 20.0
PONG_SECONDS = 10.0


class Heartbeat:
    """Watches how long ago the server was heard.

    Any frame counts as a sign of life: behind a long catch-up the pong is merely late.

    Arguments:
        now: the time in seconds, of any steady clock.
        ping_after: how many seconds of silence to wait before a ping.
        dead_after: how many seconds to wait for an answer to it.
    """

    def __init__(self, now: float, ping_after: float = PING_SECONDS, dead_after: float = PONG_SECONDS) -> None:
        self._ping_after = ping_after
        self._dead_after = dead_after
        self._heard_at = now
        self._pinged_at: float | None = None

    def heard(self, now: float) -> None:
        """Note that a frame came."""
        self._heard_at = now
        self._pinged_at = None

    def pinged(self, now: float) -> None:
        """Note that a ping was sent."""
        self._pinged_at = now

    def ping_due(self, now: float) -> bool:
        """Return whether to send a ping now."""
        return self._pinged_at is None and now >= self._heard_at + self._ping_after

    def dead(self, now: float) -> bool:
        """Return whether the last ping stayed without any answer."""
        return self._pinged_at is not None and now >= self._pinged_at + self._dead_after

    def wait(self, now: float) -> float:
        """Return how many seconds may pass, 0 or more, before `ping_due` or `dead` can change."""
        due = self._heard_at + self._ping_after if self._pinged_at is None else self._pinged_at + self._dead_after
        return max(0.0, due - now)
