"""Presence, the pure part: whom a process has connected, what of it is not recorded yet, and what came of recording it.

A process writes how things are ("user 7 has 2 connections to this stream here"), never how they changed. So whatever
is written twice, or written again because nobody knows whether it arrived, does no harm.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    #: When that was.
    moment: Moment = field(default=Moment(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.occupied or self.vacated or self.changed)


class Attendance:
    """The connections of one process, and what of them is recorded."""

    def __init__(self) -> None:
        self._here: Counter[tuple[str, int]] = Counter()
        self._recorded: dict[tuple[str, int], int] = {}
        # A dict for its order: what changed first is recorded first.
        self._dirty: dict[tuple[str, int], None] = {}

    def __len__(self) -> int:
        return len(self._here)

    def enter(self, stream: str, user_id: int) -> None:
        """Count a connection."""
        key = (stream, user_id)
        self._here[key] += 1
        self._dirty[key] = None

    def leave(self, stream: str, user_id: int) -> None:
        """Count a connection no longer.

        Raises:
            ValueError: there is none.
        """
        key = (stream, user_id)
        if not self._here[key]:
            raise ValueError(f"expected user {user_id} to have a connection to {stream!r}")
        self._here[key] -= 1
        if not self._here[key]:
            del self._here[key]
        self._dirty[key] = None

    def take(self, limit: int) -> list[Entry]:
        """Hand over up to `limit` entries to be recorded, none when there are none; `confirm` or `put_back` follows."""
        taken: list[Entry] = []
        for key in list(self._dirty):
            if len(taken) == limit:
                break
            del self._dirty[key]
            # Whoever came and went in between needs no word.
            if self._here[key] != self._recorded.get(key, 0):
                taken.append(Entry(*key, self._here[key]))
        return taken

    def confirm(self, entries: Iterable[Entry]) -> None:
        """Remember that entries are recorded."""
        for entry in entries:
            key = (entry.stream, entry.user_id)
            if entry.connections:
                self._recorded[key] = entry.connections
            else:
                self._recorded.pop(key, None)

    def put_back(self, entries: Iterable[Entry]) -> None:
        """Have entries recorded again: nobody knows whether they were."""
        for entry in entries:
            key = (entry.stream, entry.user_id)
            # Neither what was recorded before nor what was tried now can be relied upon.
            self._recorded[key] = -1
            self._dirty[key] = None

    def recorded(self) -> list[Entry]:
        """Return what is recorded, as far as is known: what was told of, and must not be told again."""
        return [Entry(*key, count) for key, count in self._recorded.items() if count > 0]

    def forget(self) -> None:
        """Have everything recorded anew: what was recorded is no longer there."""
        self._recorded.clear()
        self._dirty = dict.fromkeys(self._here)
