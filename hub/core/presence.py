"""Presence, the pure part: whom a process has connected, what of it is not recorded yet, and what came of recording it.

A process writes how things are: "user 7 has 2 connections to this stream here".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.core.ledger import Ledger

#: The name under which all connections of the deployment are counted, whatever they read. No stream has it.
EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """How many connections a user has to a stream in one process."""

    stream: str
    user_id: int
    #: 0 where the last one has left.
    connections: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was so, in the order in which it was decided: what is told may arrive in another."""

    #: Random mark of Redis' life; numbers begin again when it has lost everything.
    epoch: str = ""
    #: How many changes there were, in all streams together.
    number: int = 0


@dataclass(frozen=True, slots=True)
class Present:
    """Who reads a stream, in the whole deployment."""

    #: Ids of users with their numbers of connections, those who came first at the front; not all of a large stream.
    #: 0 connections: whoever is away, and not told to have left, since they may be back in a moment.
    users: list[tuple[int, int]]
    #: How many there are to list.
    total: int
    #: How many of them have a connection.
    here: int
    #: How many connections they have together.
    connections: int
    #: The last change of who is listed, here or in another stream.
    moment: Moment = field(default=Moment(), compare=False)


@dataclass(slots=True)
class Changes:
    """What was decided when entries were recorded: each of these is reported to one process, once."""

    #: Stream and user: their first connection came. `EVERYWHERE` among the streams, here and below.
    joined: list[tuple[str, int]] = field(default_factory=list)
    #: Stream and user: their last connection is gone, and they have not come back in time.
    left: list[tuple[str, int]] = field(default_factory=list)
    #: Streams that have their first user.
    occupied: list[str] = field(default_factory=list)
    #: Streams that have lost their last one.
    vacated: list[str] = field(default_factory=list)
    #: Streams of which the whole has to be told, rather than who joined and left.
    changed: list[str] = field(default_factory=list)
    #: Stream and entry (`hub.core.clients`) of clients whose process has ended without removing them.
    gone: list[tuple[str, str]] = field(default_factory=list)
    #: When that was.
    moment: Moment = field(default=Moment(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.occupied or self.vacated or self.changed or self.gone)


class Attendance:
    """The connections of one process, and what of them is recorded."""

    def __init__(self) -> None:
        self._counts: Ledger[tuple[str, int], int] = Ledger(0)

    def __len__(self) -> int:
        return len(self._counts)

    def enter(self, stream: str, user_id: int) -> None:
        """Count a connection."""
        key = (stream, user_id)
        self._counts.put(key, self._counts.get(key) + 1)

    def leave(self, stream: str, user_id: int) -> None:
        """Count a connection no longer.

        Raises:
            ValueError: there is none.
        """
        key = (stream, user_id)
        if not (count := self._counts.get(key)):
            raise ValueError(f"expected user {user_id} to have a connection to {stream!r}")
        self._counts.put(key, count - 1)

    def take(self, limit: int) -> list[Entry]:
        """Hand over up to `limit` entries to be recorded, none when there are none; `confirm` or `put_back` follows."""
        return [Entry(*key, count) for key, count in self._counts.take(limit)]

    def confirm(self, entries: Iterable[Entry]) -> None:
        """Remember that entries are recorded."""
        self._counts.confirm(((entry.stream, entry.user_id), entry.connections) for entry in entries)

    def put_back(self, entries: Iterable[Entry]) -> None:
        """Have entries recorded again: nobody knows whether they were."""
        self._counts.put_back(((entry.stream, entry.user_id), entry.connections) for entry in entries)

    def recorded(self) -> list[Entry]:
        """Return what is recorded, as far as is known: what was told of, and must not be told again."""
        return [Entry(*key, count) for key, count in self._counts.recorded()]

    def forget(self) -> None:
        """Have everything recorded anew: what was recorded is no longer there."""
        self._counts.forget()
