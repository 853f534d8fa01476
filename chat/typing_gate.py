"""Holding back typing signals: each person is shown typing in a room once in a while, however fast the keys go."""

import threading
from collections import OrderedDict

#: Seconds during which one signal of a person in a room is enough.
INTERVAL = 2.0
#: People whose last signal a process remembers; beyond, those longest ago are forgotten.
MAX_REMEMBERED = 10_000


class TypingGate:
    """Lets one signal per person, room and interval through. Safe to use from several threads.

    It is of one process. Whoever types on two devices, connected to two processes, is announced by both: harmless,
    and cheaper than asking a shared store at each key.
    """

    def __init__(self, interval: float = INTERVAL, size: int = MAX_REMEMBERED) -> None:
        self._interval = interval
        self._size = size
        self._last: OrderedDict[tuple[int, int], float] = OrderedDict()
        self._lock = threading.Lock()

    def passes(self, user_id: int, room_id: int, now: float) -> bool:
        """Return whether the signal may go out, and remember that it did.

        Arguments:
            now: seconds, of any steady clock.
        """
        key = (user_id, room_id)
        with self._lock:
            last = self._last.get(key)
            if last is not None and now - last < self._interval:
                return False
            self._last[key] = now
            self._last.move_to_end(key)
            if len(self._last) > self._size:
                self._last.popitem(last=False)
            return True
