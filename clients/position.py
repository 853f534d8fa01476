"""Where a reader stands in a stream, and what each hello and each event means for it. No input or output here."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Position:
    """A place in a stream: all events up to `offset` of this `epoch` are behind it. Epoch None: not told yet."""

    epoch: str | None
    offset: int


@dataclass(frozen=True)
class Gap:
    """Offsets after `after` and before `got` did not come."""

    after: int
    got: int

    def __str__(self) -> str:
        return f"gap: expected offset {self.after + 1}, got {self.got}"


@dataclass(frozen=True)
class Lost:
    """The server cannot go on from `asked`; what comes now follows `now`."""

    asked: Position
    now: Position

    def __str__(self) -> str:
        asked = f"offset {self.asked.offset} (epoch {self.asked.epoch or 'not given'})"
        now = f"offset {self.now.offset} (epoch {self.now.epoch})"
        return f"events may be missing: the server cannot go on from {asked}; going on from {now}"


class Verdict(Enum):
    """What to do with an event."""

    DELIVER = "deliver"
    DUPLICATE = "duplicate"
    """It was delivered before."""
    STALE = "stale"
    """It came before a hello or after a gap, so it has no place in the order."""


class Tracker:
    """Decides which events are new and in order.

    For each connection: ask the server to go on from `query`, pass its hello to `hello()` and each event to `event()`.
    A Gap from either means that the connection is of no more use: connect again, and the server sends what is missing.
    Until then nothing more is delivered, so a gap is never passed over.

    Arguments:
        since: the offset to go on from; None for whatever comes from now on; 0 for all that the server keeps.
        epoch: the epoch that `since` belongs to, where known.
    """

    def __init__(self, since: int | None = None, epoch: str | None = None) -> None:
        self.position = None if since is None else Position(epoch, since)
        """Where the reader stands; None before the first hello when no position was asked for."""
        self._in_order = False

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that ask the server to go on from here; empty for "from now on"."""
        if self.position is None:
            return {}
        query = {"since": str(self.position.offset)}
        if self.position.epoch is not None:
            query["epoch"] = self.position.epoch
        return query

    def disconnected(self) -> None:
        """Note that the connection is over: what may still come of it is stale."""
        self._in_order = False

    def hello(self, epoch: str, offset: int, recovered: bool) -> Gap | Lost | None:
        """Take the server's hello, which says that events follow from `offset` on.

        Returns:
            None when all is well, Lost when the position was given up for the server's,
            Gap when the server claims to go on from here but skips events.
        """
        asked, now = self.position, Position(epoch, offset)
        self._in_order = True
        if asked is None:
            self.position = now
            return None
        if not recovered or asked.epoch not in (None, epoch):
            self.position = now
            return Lost(asked, now)
        # The epoch is kept even where there is a gap: offsets of one epoch must never be asked for in another.
        self.position = Position(epoch, asked.offset)
        if offset > asked.offset:
            self._in_order = False
            return Gap(asked.offset, offset + 1)
        return None

    def event(self, offset: int | None) -> Verdict | Gap:
        """Take an event, and step over it when it is the next one.

        Arguments:
            offset: the event's offset; None for an ephemeral event, which has no place in the log.
        """
        if self.position is None or not self._in_order:
            return Verdict.STALE
        if offset is None:
            return Verdict.DELIVER
        if offset <= self.position.offset:
            return Verdict.DUPLICATE
        if offset > self.position.offset + 1:
            self._in_order = False
            return Gap(self.position.offset, offset)
        self.position = Position(self.position.epoch, offset)
        return Verdict.DELIVER
