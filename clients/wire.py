"""Read the frames of a stream: one JSON object each, a hello, an event, an error or a reply."""

import json
from dataclasses import dataclass
from typing import TypeGuard


@dataclass(frozen=True)
class Hello:
    """The first frame: events follow from `offset` on; `recovered` says whether that is where the client asked for."""

    stream: str
    epoch: str
    offset: int
    recovered: bool
    user: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened in the stream; `offset` is None for an ephemeral event, `text` is it as JSON."""

    offset: int | None
    type: str
    at: str | None
    data: object
    text: str
    stream: str = ""
    """The stream's name, where a connection has several."""


@dataclass(frozen=True)
class ErrorFrame:
    """An error that answers no command; a close often follows."""

    code: int
    message: str


@dataclass(frozen=True)
class Reply:
    """The answer to a command."""

    id: object


@dataclass(frozen=True)
class Unreadable:
    """A frame of no known shape; `problem` says what was expected."""

    problem: str


Frame = Hello | Event | ErrorFrame | Reply | Unreadable


def read_frame(text: str) -> Frame:
    """Return what a text frame says; it never raises, since a newer server may send what this client does not know."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable("expected JSON")
    if not isinstance(frame, dict):
        return Unreadable(f"expected a JSON object, got {type(frame).__name__}")
    if "hello" in frame:
        return _hello(frame["hello"])
    if "id" in frame:
        return Reply(frame["id"])
    if "error" in frame:
        return _error(frame["error"])
    if "type" in frame:
        return _event(frame, text)
    return Unreadable("expected one of the members hello, type, id, error")


def _hello(hello: object) -> Hello | Unreadable:
    match hello:
        case {"stream": str(stream), "epoch": str(epoch), "offset": int(offset), "recovered": bool(recovered)}:
            if is_offset(offset):
                return Hello(stream, epoch, offset, recovered, _user(hello))
    return Unreadable("expected a hello with stream, epoch, offset and recovered")


def _user(hello: object) -> str | None:
    match hello:
        case {"user": str(user)}:
            return user
    return None


def _event(frame: dict[str, object], text: str) -> Event | Unreadable:
    match frame:
        case {"type": str(event_type), "offset": int(offset)} if is_offset(offset):
            place: int | None = offset
        case {"type": str(event_type)} if "offset" not in frame:
            place = None
        case _:
            return Unreadable("expected an event with a string as type and a whole number as offset, if any")
    at = frame.get("at")
    return Event(place, event_type, at if isinstance(at, str) else None, frame.get("data"), text)


def _error(error: object) -> ErrorFrame | Unreadable:
    match error:
        case {"code": int(code), "message": str(message)}:
            return ErrorFrame(code, message)
    return Unreadable("expected an error with code and message")


def is_offset(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number, 0 or more."""
    # True is an int in Python, but no offset.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
