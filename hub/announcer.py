"""Announcing on a thread of its own: who commits need not wait until Redis has answered."""

import atexit
import logging
import threading
from collections.abc import Sequence
from functools import lru_cache

from hub.announce import doorbell, send_all
from hub.core.events import Announcement

logger = logging.getLogger(__name__)

#: Announcements that may wait to be sent.
MAX_WAITING = 10_000
#: Seconds that a process which ends may still take for what waits.
LAST_WORDS = 1.0


class Announcer:
    """Sends announcements one lot after the other, in order.

    What comes while one is on its way goes into the next, joined: the slower Redis is, the fewer messages there are.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Announcement] = []
        self._sending = False
        self._thread: threading.Thread | None = None

    def put(self, announcements: Sequence[Announcement]) -> None:
        """Announce soon. Where too much waits, what is oldest is let go: the sweep finds it in the log."""
        with self._changed:
            self._waiting.extend(announcements)
            if (excess := len(self._waiting) - MAX_WAITING) > 0:
                doorbell().failed += excess
                del self._waiting[:excess]
            # A process that was forked has the object, and not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="hub-announcer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until nothing waits any more, for `timeout` seconds at most. Returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._waiting or self._sending), timeout)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                told, self._waiting, self._sending = self._waiting, [], True
            try:
                send_all(told)
            except Exception:
                # The events are in the log, and what comes later must go out.
                logger.exception("announcements could not be sent", extra={"action": "announce_failed"})
            with self._changed:
                self._sending = False
                self._changed.notify_all()


@lru_cache(maxsize=1)
def announcer() -> Announcer:
    """Return this process's announcer. What it has to say when the process ends, it still says."""
    one = Announcer()
    atexit.register(one.flush, LAST_WORDS)
    return one
