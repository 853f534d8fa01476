"""What a subscriber and a protocol have to do with each other: messages go in, and what they mean comes out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from clients.connection import Connection
from clients.wire import Event


@dataclass(frozen=True)
class Note:
    """Something that a person should know."""

    sentence: str


@dataclass(frozen=True)
class Delivery:
    """An event that is new, and the next one of its stream."""

    stream: str
    event: Event


@dataclass(frozen=True)
class Broken:
    """The connection is of no more use; another one may do better."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """The server does not want what it was asked for, and would not the next time."""

    reason: str


Outcome = Note | Delivery | Broken | Refused


class Conversation(Protocol):
    """What is said over one connection after the other, and where the reader stands in its streams meanwhile."""

    #: Whether the present connection has all that was asked for.
    is_open: bool

    def begin(self) -> Connection:
        """Open the next connection."""

    def take(self, connection: Connection, message: str) -> Iterator[Outcome]:
        """Return what a message means, in order; to be used up before the next one, up to a Broken or a Refused."""

    def end(self) -> None:
        """Note that the connection is over."""

    def handled(self, stream: str) -> None:
        """Note that the last event of a stream that was delivered needs not to come again.

        Raises:
            OSError: that cannot be kept for the next run.
        """

    @property
    def place(self) -> str:
        """Where the next connection goes on, as a part of a sentence; empty where that is nowhere."""

    @property
    def farewell(self) -> str:
        """How the next run goes on from what was handled, as a sentence; empty where there is nothing to tell."""
