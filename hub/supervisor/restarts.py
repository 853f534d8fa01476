"""How long to wait before a part that died is started again."""

from hub.core.backoff import backoff

#: Pause after the first death, in seconds; it doubles with each further one.
FIRST_PAUSE = 0.5
#: The longest pause, in seconds.
LONGEST_PAUSE = 30.0
#: A part that lived this long, in seconds, is well: its earlier deaths are forgotten.
SETTLED = 60.0


class Restarts:
    """Counts the deaths of one part. There is no jitter: the parts of one machine are few."""

    def __init__(self) -> None:
        self._deaths = 0

    def pause_after(self, lived: float) -> float:
        """Note a death after `lived` seconds, and return the pause before the next start, in seconds."""
        if lived >= SETTLED:
            self._deaths = 0
        self._deaths += 1
        return backoff(self._deaths, base=FIRST_PAUSE, limit=LONGEST_PAUSE, chance=1.0)
