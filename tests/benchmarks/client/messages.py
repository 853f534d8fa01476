"""What is posted: messages of one length that tell when they were made and which they are, in each server's words."""

import json
import time
from abc import ABC, abstractmethod
from typing import NamedTuple

from tests.benchmarks.client.frames import TEXT

#: Stands before the time of sending, in nanoseconds of the steady clock, and the number.
_MARK = b"@t="
#: Digits of the time and of the number: all messages of a run have to be of one length.
_TIME, _NUMBER = 20, 8
_LEAST = len(_MARK) + _TIME + 1 + _NUMBER + 1


class Stamp(NamedTuple):
    """What a message tells of itself."""

    #: Nanoseconds of the steady clock.
    sent: int
    #: 1, 2, 3 … in each room.
    number: int


def body(number: int, size: int) -> str:
    """Return a message's text, made now.

    Arguments:
        size: its characters.
    """
    if size < _LEAST:
        raise ValueError(f"expected a message of {_LEAST} characters or more, got {size}")
    return f"@t={time.monotonic_ns():0{_TIME}} {number:0{_NUMBER}} ".ljust(size, "x")


def read_stamp(payload: bytes) -> Stamp | None:
    """Return what a message tells of itself, None where it is none of ours."""
    at = payload.find(_MARK)
    if at < 0:
        return None
    start = at + len(_MARK)
    end = start + _TIME
    return Stamp(int(payload[start:end]), int(payload[end + 1 : end + 1 + _NUMBER]))


class Dialect(ABC):
    """How a server is spoken to."""

    #: Whether it says something when a reader is subscribed.
    greets = True
    #: Of its messages.
    opcode = TEXT

    @abstractmethod
    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""

    def opening(self, room: int) -> bytes:
        """Return the frames that a reader sends as soon as the socket is open."""
        return b""

    def is_hello(self, payload: bytes) -> bool:
        """Say whether a message tells that the reader is subscribed.

        Raises:
            ValueError: it tells that the reader is not.
        """
        if not payload.startswith(b'{"hello":'):
            raise ValueError(f"expected a hello, got {payload[:200]!r}")
        return True

    def is_reply(self, payload: bytes) -> bool:
        """Say whether a message replies to what its reader has posted; nobody else gets it."""
        return payload.startswith(b'{"id":')


class PlainDialect(Dialect):
    """A server that gives each message to everybody: the stock chat, the floor."""

    greets = False

    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""
        return json.dumps({"message": text}).encode()


class ChatDialect(Dialect):
    """A room of the hub's chat."""

    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""
        return json.dumps({"id": number, "command": "message.post", "data": {"body": text}}).encode()


class StreamDialect(Dialect):
    """A stream of the hub whose namespace lets clients publish."""

    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""
        return json.dumps({"id": number, "command": "publish", "data": {"data": {"body": text}}}).encode()
