"""What happened, as a list of records: what was posted and how it ended, what each reader saw, who was a member when.

One record is one line of JSON: `{"record": "seen", …}`. All times are seconds since 1970.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TextIO


class Outcome(StrEnum):
    """How one attempt to post ended. With `info` nobody knows: it may have had its effect once, or not at all."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Posted:
    """An attempt to post began, or ended."""

    run: str
    stream: str
    key: str
    outcome: Outcome
    t: float
    #: The offset that the message got, where it is known.
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A reader was told by a hello where it stands."""

    client: str
    session: int
    stream: str
    epoch: str
    offset: int
    recovered: bool
    t: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """A reader that could not go on from where it stood loaded a snapshot, which carries a position."""

    client: str
    session: int
    stream: str
    epoch: str
    offset: int
    #: The keys of the posts that are in it.
    keys: tuple[str, ...]
    t: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A reader got an event."""

    client: str
    session: int
    stream: str
    epoch: str
    offset: int
    #: The key of the post; None for an event that is no post.
    key: str | None
    #: A hash of the whole event.
    digest: str
    t: float
    #: When the server says that it was published; 0 where it does not.
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Closed:
    """A reader's connection ended. With `own` the reader ended it itself."""

    client: str
    session: int
    stream: str
    code: int
    t: float
    own: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A client was allowed to read a stream from `since` to `until`, None for as long as it lasted.

    A client for which there is no such record in a stream was always allowed.
    """

    client: str
    stream: str
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ended when all was over."""

    stream: str
    epoch: str
    offset: int


Record = Posted | Opened | Loaded | Seen | Closed | Member | Head

_KINDS: dict[str, type[Record]] = {
    kind.__name__.lower(): kind for kind in (Posted, Opened, Loaded, Seen, Closed, Member, Head)
}


class History:
    """Collects records, and writes them to a file where one is given.

    Arguments:
        file: gets one line of JSON for each record.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.records: list[Record] = []
        self._file = file

    def add(self, record: Record) -> None:
        """Note what happened."""
        self.records.append(record)
        if self._file is not None:
            self._file.write(to_line(record) + "\n")


def to_line(record: Record) -> str:
    """Return a record as a line of JSON."""
    return json.dumps({"record": type(record).__name__.lower(), **asdict(record)})


def from_lines(lines: Iterable[str]) -> list[Record]:
    """Read records back.

    Raises:
        ValueError: a line holds no record.
    """
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
            kind = _KINDS[fields.pop("record")]
            if kind is Posted:
                fields["outcome"] = Outcome(fields["outcome"])
            elif kind is Loaded:
                fields["keys"] = tuple(fields["keys"])
            records.append(kind(**fields))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected a record in line {number}, got {line[:80]!r}") from error
    return records
