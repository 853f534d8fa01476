"""The protocol of Centrifugo as the load speaks it, as JSON and Protobuf; written by hand, none of it the hub's."""

import json
from collections.abc import Callable, Iterator

from tests.benchmarks.client.frames import BINARY, TEXT, frame
from tests.benchmarks.client.messages import Dialect

#: The `id` of the command that subscribes: the first one but `connect`. Those that post have greater ones.
_SUBSCRIBES = 2


class CentrifugoDialect(Dialect):
    """A stream of the hub, as JSON.

    Arguments:
        channel: returns the name of a room's stream.
    """

    def __init__(self, channel: Callable[[int], str]) -> None:
        self._channel = channel

    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""
        publish = {"channel": self._channel(room), "data": {"body": text}}
        return json.dumps({"id": number + _SUBSCRIBES, "publish": publish}).encode()

    def opening(self, room: int) -> bytes:
        """Return the frame that connects and subscribes."""
        subscribe = {"id": _SUBSCRIBES, "subscribe": {"channel": self._channel(room)}}
        return frame(TEXT, f'{{"id":1,"connect":{{}}}}\n{json.dumps(subscribe)}'.encode())

    def is_hello(self, payload: bytes) -> bool:
        """Say whether a message tells that the reader is subscribed."""
        if b'"error":' in payload:
            raise ValueError(f"expected a subscription, got {payload[:200]!r}")
        return b'{"id":%d,' % _SUBSCRIBES in payload


class ProtobufDialect(Dialect):
    """A stream of the hub, as Protobuf: each message stands behind its length.

    Arguments:
        channel: returns the name of a room's stream.
    """

    opcode = BINARY

    def __init__(self, channel: Callable[[int], str]) -> None:
        self._channel = channel

    def post(self, room: int, number: int, text: str) -> bytes:
        """Return the message that posts a text."""
        publish = _field(1, self._channel(room).encode()) + _field(2, json.dumps({"body": text}).encode())
        return _command(number + _SUBSCRIBES, 7, publish)

    def opening(self, room: int) -> bytes:
        """Return the frame that connects and subscribes."""
        subscribe = _field(1, self._channel(room).encode())
        return frame(BINARY, _command(1, 4, b"") + _command(_SUBSCRIBES, 5, subscribe))

    def is_hello(self, payload: bytes) -> bool:
        """Say whether a message tells that the reader is subscribed."""
        for reply in _messages(payload):
            if reply[:1] == _ID and reply[2:3] == _ERROR:
                raise ValueError(f"expected a subscription, got {reply[:200]!r}")
            if reply[:2] == _ID + bytes((_SUBSCRIBES,)):
                return True
        return False

    def is_reply(self, payload: bytes) -> bool:
        """Say whether a message replies to what its reader has posted: then it has an id."""
        return next(_messages(payload))[:1] == _ID


#: How a reply's id, and its error, begin.
_ID, _ERROR = b"\x08", b"\x12"


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes(found) + bytes((number,))


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _command(command_id: int, method: int, request: bytes) -> bytes:
    command = _ID + _varint(command_id) + _field(method, request)
    return _varint(len(command)) + command


def _messages(payload: bytes) -> Iterator[bytes]:
    """Cut a frame into its messages."""
    at = 0
    while at < len(payload):
        size = shift = 0
        while True:
            byte = payload[at]
            size |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                break
        yield payload[at : at + size]
        at += size
