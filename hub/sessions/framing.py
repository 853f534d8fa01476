"""How messages follow each other in the body of a response: as lines, as server-sent events, or each with its length.

What encodes messages for a WebSocket encodes them for a stream too; all that differs is what is around each of them.
"""

from collections.abc import Callable, Sequence

from hub.core.errors import HubError
from hub.core.events import Event
from hub.core.protocol import Codec, Command
from hub.core.types import JSONObject
from hub.core.wire import DeltaFormat, Payload

Frame = Callable[[Payload], bytes]


def as_lines(message: Payload) -> bytes:
    """Return JSON as a line; several messages stand on several lines already."""
    return _bytes(message) + b"\n"


def as_events(message: Payload) -> bytes:
    """Return JSON as a server-sent event (HTML Living Standard, 9.2.6), and several messages as several."""
    return b"data: " + _bytes(message).replace(b"\n", b"\n\ndata: ") + b"\n\n"


def as_is(message: Payload) -> bytes:
    """Return protobuf, which says by itself where it ends: each message has its length before it."""
    return _bytes(message)


def _bytes(message: Payload) -> bytes:
    return message.encode() if isinstance(message, str) else message


class FramedFormat:
    """A wire format whose frames are pieces of a response's body.

    Arguments:
        wire: encodes the events.
        frame: puts around a message what tells where it ends.
    """

    def __init__(self, wire: DeltaFormat, frame: Frame) -> None:
        self._wire = wire
        self.frame = frame

    def encode(self, stream: str, event: Event) -> Payload:
        """Return an event of a stream as one message, or an empty one."""
        return self._wire.encode(stream, event)

    def encode_patch(self, stream: str, event: Event, patch: bytes) -> Payload:
        """Return an event as a patch of the data of the one before it."""
        return self._wire.encode_patch(stream, event, patch)


class FramedCodec:
    """A codec whose frames are pieces of a response's body.

    Arguments:
        codec: encodes everything.
        frame: puts around a message what tells where it ends.
    """

    format = FramedFormat

    def __init__(self, codec: Codec, frame: Frame) -> None:
        self._codec = codec
        self.name = codec.name
        self.ping = codec.ping
        self.frame = frame
        self._formats: dict[DeltaFormat, DeltaFormat] = {}

    def decode(self, frame: Payload) -> list[Command]:
        """Read the commands of a request's body."""
        return self._codec.decode(frame)

    def decode_request(self, method: str, frame: Payload) -> JSONObject:
        """Read a request that stands alone."""
        return self._codec.decode_request(method, frame)

    def reply(self, command_id: int, method: str, result: JSONObject) -> Payload:
        """Return the reply to a command that was carried out."""
        return self._codec.reply(command_id, method, result)

    def error(self, command_id: int, error: HubError) -> Payload:
        """Return the reply to a command that failed."""
        return self._codec.error(command_id, error)

    def push(self, kind: str, body: JSONObject, channel: str = "", *, bare: bool = False) -> Payload:
        """Return what the server says unasked."""
        return self._codec.push(kind, body, channel, bare=bare)

    def wire(self, *, bare: bool = False, join_leave: bool = False, delta: bool = False) -> DeltaFormat:
        """Return how the events of a stream are pushed; always the same object for the same arguments."""
        wire = self._codec.wire(bare=bare, join_leave=join_leave, delta=delta)
        if wire not in self._formats:
            self._formats[wire] = self.format(wire, self.frame)
        return self._formats[wire]

    def join(self, messages: Sequence[Payload]) -> Payload:
        """Return several messages as one."""
        return self._codec.join(messages)
