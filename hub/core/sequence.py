"""Where a process stands in a stream, and what to do with what is announced: the pure heart of dispatch."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Generic, Protocol, TypeVar

from hub.core.events import Position


class Numbered(Protocol):
    """Anything that has a place in a stream."""

    @property
    def offset(self) -> int | None:
        """1, 2, 3 …; None for what is ephemeral."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""


T = TypeVar("T", bound=Numbered)


class Sequence(Generic[T]):
    """One stream as one process knows it: the last offset passed on, and a ring of the last events.

    Arguments:
        position: where the stream stood when the process began to follow it.
        ring_size: how many of the last events are kept for readers who come back.
        ring_bytes: how many bytes they may take together.
    """

    __slots__ = ("_ring", "_ring_bytes", "_ring_size", "_ring_used", "epoch", "known_head", "offset")

    def __init__(self, position: Position, ring_size: int, ring_bytes: int = 1_048_576) -> None:
        self.epoch = position.epoch
        #: Offset of the last event passed on.
        self.offset = position.offset
        #: The greatest offset anyone spoke of; above `offset` while events are missing here.
        self.known_head = position.offset
        self._ring: deque[T] = deque()
        self._ring_size = ring_size
        self._ring_bytes = ring_bytes
        self._ring_used = 0

    @property
    def position(self) -> Position:
        """Where this process stands."""
        return Position(self.epoch, self.offset)

    @property
    def behind(self) -> bool:
        """Whether events are known to exist that did not come: they must be read from the log."""
        return self.known_head > self.offset

    def accept(self, events: Iterable[T], head: int = 0) -> list[T]:
        """Take in logged events, announced or read, and say which of them go to readers now.

        Arguments:
            events: events with offsets, ascending; repeated, old and early ones are fine.
            head: the greatest offset the sender knew of.
        Returns:
            The events that follow without a hole. Afterwards `behind` tells whether the log must be read.
        """
        ready: list[T] = []
        self.known_head = max(self.known_head, head)
        for event in events:
            if event.offset is None:
                raise ValueError("an ephemeral event has no place in a sequence")
            self.known_head = max(self.known_head, event.offset)
            if event.offset == self.offset + 1:
                self.offset = event.offset
                ready.append(event)
        self._keep(ready)
        return ready

    def _keep(self, events: list[T]) -> None:
        for event in events:
            self._ring.append(event)
            self._ring_used += event.size
            while len(self._ring) > self._ring_size or self._ring_used > self._ring_bytes:
                self._ring_used -= self._ring.popleft().size

    def since(self, offset: int) -> list[T] | None:
        """Return the events after `offset` from the ring, or None when it does not reach back so far."""
        if offset >= self.offset:
            return []
        first = self._ring[0].offset if self._ring else None
        if first is None or offset + 1 < first:
            return None
        # Offsets in the ring have no holes, so a place in it is a difference of offsets.
        return list(islice(self._ring, offset + 1 - first, None))
