"""The Centrifugo client protocol as protobuf: each message with its length before it, payloads as JSON text."""

from collections.abc import Sequence

from google.protobuf.message import Message

from hub.core.codes import CloseCode
from hub.core.errors import BadRequest, HubError
from hub.core.events import Event
from hub.core.frames import binary_frame, text_frame
from hub.core.json import encode_json
from hub.core.protocol import Command, Disconnect
from hub.core.publications import client_event, client_told, publisher_and_tags, unix_milliseconds
from hub.core.requests import refused
from hub.core.schema import MESSAGES, METHODS, PUSHES, Member, Scalar, Shape
from hub.core.types import JSONObject, JSONValue
from hub.core.wire import DeltaFormat, Payload
from hub.protobuf import client_pb2
from hub.protobuf.reading import delimited, members, parsed


class ProtobufCodec:
    """Commands, replies and pushes as protobuf."""

    name = "protobuf"
    #: A reply of no bytes.
    ping: Payload = b"\x00"

    def __init__(self) -> None:
        self._wires: dict[tuple[bool, bool, bool], _ProtobufWire] = {}

    def decode(self, frame: Payload) -> list[Command]:
        """Read the commands of a frame, which follow each other."""
        commands = [_command(message) for message in delimited(_bytes(frame))]
        if not commands:
            raise Disconnect(CloseCode.BAD_REQUEST, "expected a command, got none")
        return commands

    def decode_request(self, method: str, frame: Payload) -> JSONObject:
        """Read a request that stands alone, and has no length before it."""
        request: Message = getattr(client_pb2, METHODS[method][0])()
        parsed(request, _bytes(frame))
        try:
            return members(request, method)
        except BadRequest as error:
            raise Disconnect(CloseCode.BAD_REQUEST, error.message) from error

    def reply(self, command_id: int, method: str, result: JSONObject) -> bytes:
        """Return the reply to a command that was carried out."""
        reply = client_pb2.Reply(id=command_id)
        _fill(getattr(reply, method), METHODS[method][1], result)
        return _delimited(reply)

    def error(self, command_id: int, error: HubError) -> bytes:
        """Return the reply to a command that failed."""
        reply = client_pb2.Reply(id=command_id)
        _fill(reply.error, "Error", {"code": error.code, "message": error.message, "temporary": error.temporary})
        return _delimited(reply)

    def push(self, kind: str, body: JSONObject, channel: str = "", *, bare: bool = False) -> bytes:
        """Return what the server says unasked."""
        push = client_pb2.Push(channel=channel)
        _fill(getattr(push, kind), PUSHES[kind], body)
        return _delimited(push if bare else client_pb2.Reply(push=push))

    def wire(self, *, bare: bool = False, join_leave: bool = False, delta: bool = False) -> DeltaFormat:
        """Return how the events of a stream are pushed; always the same object for the same arguments."""
        key = bare, join_leave, delta
        if key not in self._wires:
            self._wires[key] = _ProtobufWire(self, bare=bare, join_leave=join_leave)
        return self._wires[key]

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""
        return _frame(message)

    def join(self, messages: Sequence[Payload]) -> bytes:
        """Return several messages as one."""
        return b"".join([_bytes(message) for message in messages])


class _ProtobufWire:
    """What a delta reader gets that is no patch looks as for all others: so there is nothing to say of deltas here."""

    def __init__(self, codec: ProtobufCodec, *, bare: bool, join_leave: bool) -> None:
        self._codec = codec
        self._bare = bare
        self._join_leave = join_leave

    def encode(self, stream: str, event: Event) -> bytes:
        """Return an event as a push."""
        if event.offset is None and (kind := client_event(event)):
            return self._client_event(stream, kind, event)
        push = client_pb2.Push(channel=stream)
        _publication(push.pub, event)
        return self._pushed(push)

    def encode_patch(self, stream: str, event: Event, patch: bytes) -> bytes:
        """Return an event as a push with a patch."""
        push = client_pb2.Push(channel=stream)
        _publication(push.pub, event)
        push.pub.data = patch
        push.pub.delta = True
        return self._pushed(push)

    def _pushed(self, push: client_pb2.Push) -> bytes:
        return _delimited(push if self._bare else client_pb2.Reply(push=push))

    def _client_event(self, stream: str, kind: str, event: Event) -> bytes:
        if not self._join_leave:
            return b""
        return self._codec.push(kind, client_told(event), stream, bare=self._bare)

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame."""
        return _frame(message)


PROTOBUF = ProtobufCodec()


def _command(data: bytes) -> Command:
    command = client_pb2.Command()
    parsed(command, data)
    for method in METHODS:
        if command.HasField(method):
            try:
                return Command(command.id, method, members(getattr(command, method), method))
            except BadRequest as error:
                return refused(command.id, method, error)
    return Command(command.id, "", {})


def _bytes(frame: Payload) -> bytes:
    if isinstance(frame, str):
        raise Disconnect(CloseCode.BAD_REQUEST, "expected binary data, got text")
    return frame


def _frame(message: Payload) -> bytes:
    return binary_frame(message) if isinstance(message, bytes) else text_frame(message)


def _delimited(message: Message) -> bytes:
    # Deterministic: tags would else stand in any order.
    data = message.SerializeToString(deterministic=True)
    length, prefix = len(data), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + data


def _fill(message: Message, name: str, values: JSONObject) -> None:
    """Write the members of a message that the schema has, their payloads as JSON text."""
    # Also where it stays empty: a result, or the info of a client, is there or not.
    message.SetInParent()
    for key, member in MESSAGES[name].items():
        if member.type is Scalar.PAYLOAD:
            if key in values:
                setattr(message, key, encode_json(values[key]).encode())
        elif isinstance(member.type, str):
            _fill_messages(message, key, member, member.type, values.get(key))
        elif value := values.get(key):
            setattr(message, key, value)


def _fill_messages(message: Message, key: str, member: Member, name: str, value: JSONValue) -> None:
    if member.shape is Shape.ONE:
        if value is not None or member.always:
            _fill(getattr(message, key), name, value or {})
    elif member.shape is Shape.MAP:
        for one, inner in (value or {}).items():
            _fill(getattr(message, key)[one], name, inner)
    else:
        for event in value or []:
            _publication(getattr(message, key).add(), event)


def _publication(message: client_pb2.Publication, event: Event) -> None:
    message.data = event.data.encode()
    message.offset = event.offset or 0
    message.time = unix_milliseconds(event.at)
    info, tags = publisher_and_tags(event.type, event.meta)
    message.tags.update(tags)
    if info is not None:
        _fill(message.info, "ClientInfo", info)
