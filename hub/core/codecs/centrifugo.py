"""The Centrifugo client protocol as JSON: a message a line, payloads as they are, zero values left out.

`tests/golden/centrifugo.json` shows each message.
"""

from collections.abc import Sequence
from functools import lru_cache

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest, HubError
from hub.core.events import Event
from hub.core.frames import binary_frame, text_frame
from hub.core.json import check_storable, encode_json, parse_json_object
from hub.core.protocol import Command, Disconnect
from hub.core.publications import client_event, client_told, publisher_and_tags, unix_milliseconds
from hub.core.requests import checked, checked_scalar, refused
from hub.core.schema import MESSAGES, METHODS, PUSHES, RANGES, Member, Scalar, Shape
from hub.core.types import JSONObject, JSONValue
from hub.core.wire import DeltaFormat, Payload

#: Beginnings of messages that are kept, one for each stream, and tags; the last used ones.
_KEPT = 4_096


class JSONCodec:
    """Commands, replies and pushes as JSON."""

    name = "json"
    ping: Payload = "{}"

    def __init__(self) -> None:
        self._wires: dict[tuple[bool, bool, bool], _JSONWire] = {}

    def decode(self, frame: Payload) -> list[Command]:
        """Read the commands of a frame, a line each; blank lines count for nothing."""
        commands = [_command(line) for line in _text(frame).split("\n") if line.strip()]
        if not commands:
            raise Disconnect(CloseCode.BAD_REQUEST, "expected a command, got none")
        return commands

    def decode_request(self, method: str, frame: Payload) -> JSONObject:
        """Read a request that stands alone; nothing at all, or `null`, is an empty one."""
        text = _text(frame).strip()
        request = checked(METHODS[method][0], {} if text in ("", "null") else _object(text), method)
        return _taken(Command(0, method, request), text).request

    def reply(self, command_id: int, method: str, result: JSONObject) -> str:
        """Return the reply to a command that was carried out."""
        return f'{{{_id(command_id)}"{method}":{written(METHODS[method][1], result)}}}'

    def error(self, command_id: int, error: HubError) -> str:
        """Return the reply to a command that failed."""
        body = {"code": error.code, "message": error.message, "temporary": error.temporary}
        return f'{{{_id(command_id)}"error":{written("Error", body)}}}'

    def push(self, kind: str, body: JSONObject, channel: str = "", *, bare: bool = False) -> str:
        """Return what the server says unasked."""
        of = f'"channel":{encode_json(channel)},' if channel else ""
        push = f'{{{of}"{kind}":{written(PUSHES[kind], body)}}}'
        return push if bare else f'{{"push":{push}}}'

    def wire(self, *, bare: bool = False, join_leave: bool = False, delta: bool = False) -> DeltaFormat:
        """Return how the events of a stream are pushed; always the same object for the same arguments."""
        key = bare, join_leave, delta
        if key not in self._wires:
            self._wires[key] = _JSONWire(self, bare=bare, join_leave=join_leave, delta=delta)
        return self._wires[key]

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""
        return _frame(message)

    def join(self, messages: Sequence[Payload]) -> str:
        """Return several messages as one, a line each."""
        return "\n".join([str(message) for message in messages])


class _JSONWire:
    def __init__(self, codec: JSONCodec, *, bare: bool, join_leave: bool, delta: bool) -> None:
        self._codec = codec
        self._bare = bare
        self._join_leave = join_leave
        self._delta = delta
        self._tail = "}" if bare else "}}"

    def encode(self, stream: str, event: Event) -> str:
        """Return an event as a push."""
        if event.offset is None and (kind := client_event(event)):
            return self._client_event(stream, kind, event)
        head = _head(stream, self._bare)
        return f"{head}{publication(event, delta=self._delta)}{self._tail}"

    def encode_patch(self, stream: str, event: Event, patch: bytes) -> str:
        """Return an event as a push with a patch: a JSON string, as its data are for delta readers."""
        body = publication_of(event, encode_json(patch.decode()), ',"delta":true')
        return f"{_head(stream, self._bare)}{body}{self._tail}"

    def _client_event(self, stream: str, kind: str, event: Event) -> str:
        if not self._join_leave:
            return ""
        return self._codec.push(kind, client_told(event), stream, bare=self._bare)

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""
        return _frame(message)


JSON = JSONCodec()


@lru_cache(_KEPT)
def _head(stream: str, bare: bool) -> str:
    wrapper = "" if bare else '{"push":'
    return f'{wrapper}{{"channel":{encode_json(stream)},"pub":'


def publication(event: Event, *, delta: bool = False) -> str:
    """Return an event as JSON text of a publication.

    Arguments:
        delta: its data are a JSON string of the data's text, as delta readers get what is no patch.
    """
    return publication_of(event, encode_json(event.data) if delta else _one_line(event.data), "")


def publication_of(event: Event, data: str, delta: str) -> str:
    """Return an event as JSON text of a publication, with other data than its own.

    Arguments:
        data: JSON text of one line.
        delta: JSON text of the member `delta`, with a comma before it; or empty.
    """
    offset = "" if event.offset is None else f',"offset":{event.offset}'
    told, tags = _told(event.type, event.meta) if event.meta else ("", _tag(event.type))
    moment = unix_milliseconds(event.at)
    time = f',"time":{moment}' if moment else ""
    return f'{{"data":{data}{told}{offset}{tags}{delta}{time}}}'


def _told(type_: str, meta: str) -> tuple[str, str]:
    info, tags = publisher_and_tags(type_, meta)
    return (
        "" if info is None else f',"info":{written("ClientInfo", info)}',
        f',"tags":{encode_json(tags)}' if tags else "",
    )


@lru_cache(_KEPT)
def _tag(type_: str) -> str:
    return _told(type_, "")[1]


def _one_line(data: str) -> str:
    # In JSON a raw line break is only ever space between two tokens.
    return data.replace("\n", " ").replace("\r", " ") if "\n" in data or "\r" in data else data


def _id(command_id: int) -> str:
    return f'"id":{command_id},' if command_id else ""


def _frame(message: Payload) -> bytes:
    return text_frame(message) if isinstance(message, str) else binary_frame(message)


def written(name: str, message: JSONObject) -> str:
    """Return a message as JSON text, its zero values left out.

    Arguments:
        name: which message of the schema it is.
        message: by the members' names; others than the schema has are left out.
    Raises:
        BadRequest: a payload in it is not JSON.
    """
    delta = name == "SubscribeResult" and bool(message.get("delta"))
    parts = []
    for key, member in MESSAGES[name].items():
        if key in message or member.always:
            text = _member(member, message.get(key), delta=delta)
            if text is not None:
                parts.append(f'"{key}":{text}')
    return f"{{{','.join(parts)}}}"


def _member(member: Member, value: JSONValue, *, delta: bool) -> str | None:
    """Return a member's JSON text, or None where it is left out."""
    if member.type is Scalar.PAYLOAD:
        return encode_json(value)
    if not isinstance(member.type, str):
        return encode_json(value or _ZEROS[member.type]) if value or member.always else None
    if member.shape is Shape.ONE:
        return None if value is None and not member.always else written(member.type, value or {})
    if not value and not member.always:
        return None
    if member.shape is Shape.MAP:
        inner = [f"{encode_json(key)}:{written(member.type, one)}" for key, one in (value or {}).items()]
        return f"{{{','.join(inner)}}}"
    return f"[{','.join([publication(event, delta=delta) for event in value])}]"


_ZEROS: dict[Scalar, JSONValue] = {Scalar.TEXT: "", Scalar.FLAG: False, **dict.fromkeys(RANGES, 0)}


def _text(frame: Payload) -> str:
    if isinstance(frame, str):
        return frame
    try:
        return frame.decode()
    except UnicodeDecodeError as error:
        raise Disconnect(CloseCode.BAD_REQUEST, "expected text in UTF-8, got something else") from error


def _object(text: str) -> JSONObject:
    try:
        return parse_json_object(text)
    except BadRequest as error:
        raise Disconnect(CloseCode.BAD_REQUEST, error.message) from error


def _command(line: str) -> Command:
    message = _object(line)
    command_id = 0
    if message.get("id") is not None:
        command_id = checked_scalar(Scalar.UINT32, message["id"], "id")
    for method, (request, _) in METHODS.items():
        if (value := message.get(method)) is not None:
            return _taken(Command(command_id, method, checked(request, value, method)), line)
    return Command(command_id, "", {})


def _taken(command: Command, line: str) -> Command:
    try:
        check_storable(command.request, line)
    except BadRequest as error:
        return refused(command.id, command.method, error)
    return command
