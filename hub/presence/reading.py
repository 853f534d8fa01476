"""Who reads a stream, for whoever asks."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from hub.core.presence import Present
from hub.core.types import JSONObject
from hub.presence.store import presence_store

#: Most users that are listed.
MAX_LISTED = 200
#: Seconds for which an answer is good.
FRESH = 0.5
#: Answers kept.
MAX_KEPT = 1_000


def people(stream: str, limit: int = MAX_LISTED) -> Present:
    """Return who reads a stream in the whole deployment.

    The numbers of connections are right within a second after somebody came or went, and within 10 after a server
    process was killed.

    Arguments:
        stream: its name; `hub.core.presence.EVERYWHERE` for all connections, whatever they read.
        limit: how many users are listed at most; 0 for the counts alone, which costs next to nothing.
    Raises:
        PresenceUnknown: it is not known just now.
    """
    return presence_store().read(stream, limit)


class Recent:
    """The last answers: a thousand clients that come back at once ask a thousand times the same.

    Arguments:
        clock: returns steady seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, JSONObject]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, stream: str, ask: Callable[[str], JSONObject]) -> JSONObject:
        """Return what `ask` says of a stream, or said half a second ago at most. What it raises is not kept."""
        with self._lock:
            kept = self._kept.get(stream)
        if kept is not None and self._clock() - kept[0] < FRESH:
            return kept[1]
        asked, answer = self._clock(), ask(stream)
        with self._lock:
            self._kept[stream] = (asked, answer)
            self._kept.move_to_end(stream)
            self._let_go()
        return answer

    def _let_go(self) -> None:
        """Forget what is good no longer, and what is too much. (Two hundred users of a thousand rooms are 50 MB.)"""
        while len(self._kept) > MAX_KEPT or self._clock() - next(iter(self._kept.values()))[0] >= FRESH:
            self._kept.popitem(last=False)
            if not self._kept:
                return
