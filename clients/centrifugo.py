"""Write commands of the Centrifugo client protocol, and read what its servers send: JSON, one message a line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clients.position import Position
from clients.wire import Event, is_offset

#: An empty message: the server's ping, and the client's answer.
PING = "{}"
#: Of an event that does not say what kind it is.
PLAIN_TYPE = "message"

JSONObject = dict[str, object]


@dataclass(frozen=True)
class Subscribed:
    """The client reads a stream from now on; `epoch` is empty where the stream has no positions."""

    stream: str
    epoch: str
    offset: int
    recovered: bool
    missed: list[Event]


@dataclass(frozen=True)
class Connected:
    """The server knows the client; `given` are streams that it reads without asking."""

    pongs: bool
    """Whether pings have to be answered."""
    given: list[Subscribed]


@dataclass(frozen=True)
class Failed:
    """A command was refused; a temporary error may be gone at the next attempt."""

    id: int
    code: int
    message: str
    temporary: bool


@dataclass(frozen=True)
class Answered:
    """A command that begins a subscription was carried out. Which stream that is, its id tells."""

    id: int
    result: JSONObject = field(repr=False)


@dataclass(frozen=True)
class Published:
    """Something happened in a stream."""

    stream: str
    event: Event


@dataclass(frozen=True)
class Unsubscribed:
    """The server has ended a subscription; from code 2500 on, it wants the client to subscribe again."""

    stream: str
    code: int
    reason: str


@dataclass(frozen=True)
class Disconnected:
    """The server is about to end the connection; the code says whether to come back."""

    code: int
    reason: str


@dataclass(frozen=True)
class Unknown:
    """A message of no known shape; `problem` says what was expected."""

    problem: str


Message = Connected | Failed | Answered | Subscribed | Published | Unsubscribed | Disconnected | Unknown


def connect_command(command_id: int, token: str | None, positions: Mapping[str, Position]) -> str:
    """Return the command that a connection begins with.

    Arguments:
        token: who the client is; None for nobody in particular.
        positions: where it stands in streams that the server may let it read without being asked.
    """
    request: JSONObject = {"name": "subscribe"}
    if token is not None:
        request["token"] = token
    if positions:
        request["subs"] = {stream: _since(position) for stream, position in positions.items()}
    return encode({"id": command_id, "connect": request})


def subscribe_command(command_id: int, stream: str, position: Position | None) -> str:
    """Return the command that asks to read a stream, from a position where one is known."""
    request: JSONObject = {"channel": stream, "positioned": True, "recoverable": True}
    if position is not None:
        request |= _since(position)
    return encode({"id": command_id, "subscribe": request})


def _since(position: Position) -> JSONObject:
    return {"recover": True, "epoch": position.epoch or "", "offset": position.offset}


def encode(value: object) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_messages(frame: str) -> Iterator[Message]:
    """Return what a text frame says; it never raises. Pings, and answers without a meaning here, say nothing."""
    # Not `splitlines`: a JSON text may hold other line ends as they are.
    for line in frame.split("\n"):
        try:
            message = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            yield Unknown("expected JSON")
            continue
        if not isinstance(message, dict):
            yield Unknown(f"expected a JSON object, got {type(message).__name__}")
        elif isinstance(push := message.get("push"), dict):
            yield from _push(push)
        else:
            yield from _reply(message)


def read_subscription(stream: str, result: JSONObject) -> Subscribed | Unknown:
    """Return what a SubscribeResult says of a stream."""
    epoch, offset = result.get("epoch", ""), result.get("offset", 0)
    publications = result.get("publications") or []
    if isinstance(epoch, str) and is_offset(offset) and isinstance(publications, list):
        events = [read_event(stream, one) for one in publications]
        missed = [event for event in events if event is not None]
        # Where there are no positions, the result has neither epoch nor `recoverable`.
        if len(missed) == len(events):
            return Subscribed(stream, epoch, offset, result.get("recovered") is True, missed)
    return Unknown("expected a subscription with a text as epoch and a whole number as offset, and publications")


def read_event(stream: str, publication: object) -> Event | None:
    """Return a publication as the event that it is; None where it is none."""
    if not isinstance(publication, dict) or "data" not in publication:
        return None
    offset, time, tags = publication.get("offset"), publication.get("time"), publication.get("tags")
    if not (offset is None or is_offset(offset)):
        return None
    tags = dict(tags) if isinstance(tags, dict) else {}
    kind = tags.pop("type", PLAIN_TYPE)
    more = {"tags": tags, "info": publication.get("info")}
    return _event(stream, offset or None, kind, _moment(time), publication["data"], more)


def _event(stream: str, offset: int | None, kind: str, at: str | None, data: object, more: JSONObject) -> Event:
    members = {"stream": stream, "offset": offset, "type": kind, "at": at}
    shown: JSONObject = {name: value for name, value in members.items() if value is not None}
    shown |= {"data": data} | {name: value for name, value in more.items() if value}
    return Event(offset, kind, at, data, encode(shown), stream)


def _moment(milliseconds: object) -> str | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reply(message: JSONObject) -> Iterator[Message]:
    command_id, error = message.get("id"), message.get("error")
    connect, subscribe = message.get("connect"), message.get("subscribe")
    if not isinstance(command_id, int):
        return
    if isinstance(error, dict) and isinstance(code := error.get("code"), int):
        yield Failed(command_id, code, str(error.get("message", "")), error.get("temporary") is True)
    elif isinstance(connect, dict) and isinstance(connect.get("client"), str):
        yield from _connected(connect)
    elif isinstance(subscribe, dict):
        yield Answered(command_id, subscribe)
    elif {"error", "connect", "subscribe"} & message.keys():
        yield Unknown("expected a reply with a result or an error")


def _connected(result: JSONObject) -> Iterator[Message]:
    subs = result.get("subs")
    members = subs.items() if isinstance(subs, dict) else ()
    read = [read_subscription(stream, one if isinstance(one, dict) else {}) for stream, one in members]
    yield Connected(result.get("pong") is True, [one for one in read if isinstance(one, Subscribed)])
    yield from (one for one in read if isinstance(one, Unknown))


def _push(push: JSONObject) -> Iterator[Message]:
    match push:
        case {"channel": str(stream), "pub": publication}:
            event = read_event(stream, publication)
            yield Unknown("expected a publication with data") if event is None else Published(stream, event)
        case {"channel": str(stream), "join": dict(data)}:
            yield Published(stream, _event(stream, None, "client.join", None, data, {}))
        case {"channel": str(stream), "leave": dict(data)}:
            yield Published(stream, _event(stream, None, "client.leave", None, data, {}))
        case {"channel": str(stream), "subscribe": dict(result)}:
            yield read_subscription(stream, {**result, "recovered": True})
        case {"channel": str(stream), "unsubscribe": {"code": int(code), **rest}}:
            yield Unsubscribed(stream, code, str(rest.get("reason", "")))
        case {"disconnect": {"code": int(code), **rest}}:
            yield Disconnected(code, str(rest.get("reason", "")))
