"""Thousands of WebSockets read by one loop: nothing in it but a poll, a read and a sum for each that has something."""

import gc
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence

from tests.benchmarks.client.opening import NotOpened, Opening, Plan
from tests.benchmarks.client.readers import Gone, Reader

#: Connections that are on their way at the same time, where nothing else is asked for.
AT_ONCE = 64
#: Seconds in which all connections of a row have to be open.
OPEN_SECONDS = 60.0
#: Seconds between two looks at the clock while nothing comes.
_TICK = 0.05


def _never() -> bool:
    return False


class Swarm:
    """The connections of one row. A context manager: they end with it.

    Arguments:
        address: host and port of the server.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.readers: list[Reader] = []
        self._poll = select.epoll()
        self._take: dict[int, Callable[[], None]] = {}
        self._sockets: list[socket.socket] = []
        #: Called in each turn of the loop.
        self.in_turn: Callable[[], None] | None = None
        #: Connections that were refused, and tried again.
        self.refused = 0

    def __enter__(self) -> "Swarm":
        # What thousands of connections hold is alive, and needs no looking through while it is measured.
        gc.disable()
        return self

    def __exit__(self, *args: object) -> None:
        for connection in self._sockets:
            connection.close()
        self._poll.close()
        gc.enable()
        gc.collect()

    def open(
        self,
        plans: Sequence[Plan],
        *,
        at_once: int = AT_ONCE,
        seconds: float = OPEN_SECONDS,
        again: float | None = None,
    ) -> float:
        """Open connections. Returns the seconds it took.

        Arguments:
            at_once: how many may be on their way at the same time.
            seconds: in which all have to be open.
            again: seconds after which one that is refused comes again; None: it is an error.
        Raises:
            NotOpened: one is not.
        """
        waiting = deque((0.0, plan) for plan in plans)
        opening = dict[int, Opening]()
        began = time.monotonic()
        try:
            while waiting or opening:
                now = time.monotonic()
                if now - began > seconds:
                    missing = len(waiting) + len(opening)
                    raise NotOpened(f"{missing:,} of {len(plans):,} connections were not open within {seconds:g} s")
                while waiting and len(opening) < at_once and waiting[0][0] <= now:
                    self._begin(waiting.popleft()[1], opening)
                for descriptor, _ in self._poll.poll(_TICK, 4096):
                    if descriptor not in opening:
                        self._take[descriptor]()
                    elif (refused := self._go_on(descriptor, opening, may_refuse=again is not None)) is not None:
                        waiting.append((now + (again or 0.0), refused))
        finally:
            for one in opening.values():
                one.socket.close()
        return time.monotonic() - began

    def _begin(self, plan: Plan, opening: dict[int, Opening]) -> None:
        one = Opening(plan, self.address)
        descriptor = one.socket.fileno()
        opening[descriptor] = one
        self._poll.register(descriptor, select.EPOLLOUT)

    def _go_on(self, descriptor: int, opening: dict[int, Opening], *, may_refuse: bool) -> Plan | None:
        """Take the next step with a connection. Returns its plan where it was refused."""
        one = opening[descriptor]
        try:
            if one.asks:
                one.ask()
                self._poll.modify(descriptor, select.EPOLLIN)
                return None
            rest = one.hear()
        except NotOpened:
            if not may_refuse:
                raise
            self.refused += 1
            del opening[descriptor]
            one.socket.close()
            return one.plan
        if rest is None:
            return None
        del opening[descriptor]
        self._sockets.append(one.socket)
        self.readers.append(one.plan.reader)
        self._take[descriptor] = one.plan.reader.take
        one.plan.reader.attach(one.socket, rest)
        return None

    def run(self, seconds: float, until: Callable[[], bool] = _never) -> bool:
        """Read for some seconds, or until something is so. Returns whether it is.

        Raises:
            Gone: the server has ended a connection.
        """
        poll, take = self._poll.poll, self._take
        deadline = time.monotonic() + seconds
        while not (done := until()) and (left := deadline - time.monotonic()) > 0:
            if (in_turn := self.in_turn) is not None:
                in_turn()
                left = min(left, 0.001)
            for descriptor, _ in poll(min(left, _TICK), 4096):
                take[descriptor]()
        return done

    def settle(self, quiet: float = 0.5, seconds: float = 5.0) -> None:
        """Read until nothing has come for a while."""
        last, since = -1, time.monotonic()

        def is_quiet() -> bool:
            nonlocal last, since
            total = sum(reader.bytes for reader in self.readers)
            if total != last:
                last, since = total, time.monotonic()
            return time.monotonic() - since >= quiet

        self.run(seconds, is_quiet)


__all__ = ["AT_ONCE", "Gone", "NotOpened", "Plan", "Swarm"]
