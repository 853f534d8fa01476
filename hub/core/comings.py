"""Who came and went and is not told yet, by stream: told no faster than readers can be written to."""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from hub.core.publications import JOIN, LEAVE

#: Every event type of clients, with the names that its data has. `docs/reference/events.md` describes them.
EVENTS: dict[str, tuple[str, ...]] = {JOIN: ("info",), LEAVE: ("info",)}


class Told(NamedTuple):
    """One event that is to be published."""

    stream: str
    #: `JOIN` or `LEAVE`.
    type: str
    #: The client's entry.
    text: str


class Comings:
    """What is to be told, streams in turn, each in the order in which it happened.

    To tell one client's coming costs a push for each reader of the stream. So there is a budget of pushes, and what
    goes beyond waits; of a client that has gone before its coming was told, nothing is told.

    Arguments:
        rate: pushes a second in the long run; as many at once.
        most: how much waits at most; what goes beyond is not told.
        now: the time in seconds, of any steady clock.
    """

    def __init__(self, rate: float, most: int, now: float) -> None:
        self._rate = rate
        self._most = most
        self._budget = rate
        self._updated = now
        self._waiting: OrderedDict[str, dict[str, Told]] = OrderedDict()
        self._count = 0
        #: How many were not told, since too much waited.
        self.dropped = 0

    def __len__(self) -> int:
        return self._count

    def joined(self, stream: str, client: str, text: str) -> None:
        """Have it told that a client came."""
        self._add(client, Told(stream, JOIN, text))

    def left(self, stream: str, client: str, text: str) -> None:
        """Have it told that a client went."""
        self._add(client, Told(stream, LEAVE, text))

    def take(self, now: float, readers: Callable[[str], int]) -> list[Told]:
        """Return what may be told now, the oldest of each stream in turn.

        Arguments:
            now: the time in seconds, of the clock it was made with.
            readers: returns how many pushes one event of a stream costs.
        """
        self._budget = min(self._rate, self._budget + max(0.0, now - self._updated) * self._rate)
        self._updated = max(now, self._updated)
        taken: list[Told] = []
        # The last one may cost more than is left: it is made up for before the next.
        while self._waiting and self._budget > 0:
            stream, clients = self._waiting.popitem(last=False)
            taken.append(clients.pop(next(iter(clients))))
            self._count -= 1
            self._budget -= max(1, readers(stream))
            if clients:
                self._waiting[stream] = clients
        return taken

    def _add(self, client: str, told: Told) -> None:
        clients = self._waiting.setdefault(told.stream, {})
        before = clients.pop(client, None)
        if before is not None and before.type != told.type:
            # Readers never hear that it was away, or that it was there.
            self._count -= 1
        elif before is not None or self._count < self._most:
            clients[client] = told
            self._count += before is None
        else:
            self.dropped += 1
        if not clients:
            del self._waiting[told.stream]
