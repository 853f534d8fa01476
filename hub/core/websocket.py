"""What a client sends over a WebSocket (RFC 6455, 5): bytes in, messages out, no input or output of its own.

What breaks the protocol is an event like any other, the last one. So nothing that comes before it in the same packet
is lost, and how the bytes were cut into packets makes no difference.
"""

from codecs import IncrementalDecoder, getincrementaldecoder
from typing import NamedTuple, TypeAlias

#: Close codes that may go over the wire (RFC 6455, 7.4.1 and 7.4.2, and the registry they begin).
SENDABLE = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})

_PROTOCOL_ERROR, _NO_UTF_8, _TOO_BIG = 1002, 1007, 1009
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_OPCODES = frozenset({_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG})
#: Bits of the first byte: the last frame of a message; a control frame.
_FIN, _CONTROL = 0x80, 0x08
#: Bit of the second byte: the payload is masked.
_MASKED = 0x80
#: The first byte of a text message in one frame.
_WHOLE_TEXT = _FIN | _TEXT
#: Longest payload whose length stands in the second byte; of a control frame the longest of all.
_SHORT = 125
#: Bytes before the payload of a short frame: two, and four of the mask; and how many more by the second byte.
_HEADER = 6
_LONGER = {_MASKED + 126: 2, _MASKED + 127: 8}

#: Bytes up to which one operation on numbers takes a mask off; four translations are faster beyond.
_AS_NUMBER = 512
#: For each byte of a mask, what it makes of each byte.
_XOR = [bytes(byte ^ masked for masked in range(256)) for byte in range(256)]
_UTF_8 = getincrementaldecoder("utf-8")


class Ping(NamedTuple):
    """A question whether the server is there."""

    payload: bytes


class Pong(NamedTuple):
    """The answer to a ping, or one that nobody asked for."""

    payload: bytes


class Close(NamedTuple):
    """The client's goodbye, or its answer to the server's. Nothing comes after it."""

    #: None where it gave none.
    code: int | None
    reason: str


class Violation(NamedTuple):
    """What the client must not send. Nothing that comes after it counts (RFC 6455, 7.1.7)."""

    #: The close code that is due.
    code: int
    reason: str


#: A text message, a binary one, or one of the above.
Event: TypeAlias = str | bytes | Ping | Pong | Close | Violation


class _Broken(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.violation = Violation(code, reason)


class Parser:
    """The stream of one client's bytes, from behind the handshake on.

    It keeps the message that is under way, and nothing else of any size.

    Arguments:
        max_frame: bytes that a frame may carry; 0 for any number.
        max_message: the same for a whole message.
    """

    __slots__ = (
        "_decoder",
        "_is_last",
        "_is_over",
        "_left",
        "_mask",
        "_max_frame",
        "_max_message",
        "_message",
        "_rest",
    )

    def __init__(self, max_frame: int = 0, max_message: int = 0) -> None:
        self._max_frame = max_frame
        self._max_message = max_message
        # The beginning of a frame that has not come whole: of its header, or of a control frame.
        self._rest = b""
        # Of the data frame that is under way: bytes to come, what they are masked with, whether it ends its message.
        self._left = 0
        self._mask = b""
        self._is_last = False
        # The message that is under way, and what checks its text.
        self._message: bytearray | None = None
        self._decoder: IncrementalDecoder | None = None
        self._is_over = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes. Returns what is complete with them, in order."""
        events: list[Event] = []
        if self._is_over:
            return events
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        try:
            while at < end and not self._is_over:
                reached = self._take(data, at, events)
                if reached == at:
                    self._rest = data[at:]
                    break
                at = reached
        except _Broken as broken:
            self._end(broken.violation, events)
        except UnicodeDecodeError:
            self._end(Violation(_NO_UTF_8, "expected text in UTF-8"), events)
        return events

    def _end(self, last: Close | Violation, events: list[Event]) -> None:
        events.append(last)
        self._is_over = True
        self._rest = b""
        self._message = self._decoder = None

    def _take(self, data: bytes, at: int, events: list[Event]) -> int:
        """Take in what begins here, or a part of it. Returns where it ends, or `at` where too little is there."""
        if self._left:
            return self._take_payload(data, at, events)
        if len(data) - at < 2:
            return at
        first, second = data[at], data[at + 1]
        # Nearly all that comes is this: a short text in one frame, which is there as a whole.
        if first == _WHOLE_TEXT and _MASKED <= second <= _MASKED + _SHORT and self._message is None:
            begin = at + _HEADER
            end = begin + second - _MASKED
            if end <= len(data):
                self._check_size(end - begin)
                events.append(_unmask(data[begin:end], data[at + 2 : begin]).decode())
                return end
        self._check_kind(first, second)
        begin = at + _HEADER + _LONGER.get(second, 0)
        if len(data) < begin:
            return at
        size = second - _MASKED if begin == at + _HEADER else _long_size(data[at + 2 : begin - 4])
        if first & _CONTROL:
            if len(data) < begin + size:
                return at
            self._take_control(first & 0x0F, _unmask(data[begin : begin + size], data[begin - 4 : begin]), events)
            return begin + size
        self._check_size(size)
        self._begin_frame(first, size, data[begin - 4 : begin])
        return self._take_payload(data, begin, events)

    def _check_kind(self, first: int, second: int) -> None:
        """Check the first two bytes of a frame."""
        opcode, size = first & 0x0F, second & 0x7F
        if first & 0x70:
            raise _Broken(_PROTOCOL_ERROR, "expected no reserved bits: no extension was agreed on")
        if not second & _MASKED:
            raise _Broken(_PROTOCOL_ERROR, "expected a frame with a mask")
        if opcode not in _OPCODES:
            raise _Broken(_PROTOCOL_ERROR, f"expected a known opcode, got {opcode:X}")
        if opcode & _CONTROL:
            if not first & _FIN:
                raise _Broken(_PROTOCOL_ERROR, "expected a control frame in one piece")
            if size > _SHORT:
                raise _Broken(_PROTOCOL_ERROR, f"expected a control frame of up to {_SHORT} bytes")
            if opcode == _CLOSE and size == 1:
                raise _Broken(_PROTOCOL_ERROR, "expected a close frame with a whole code")
        elif self._message is None and opcode == _CONTINUATION:
            raise _Broken(_PROTOCOL_ERROR, "expected a message to begin, got a continuation")
        elif self._message is not None and opcode != _CONTINUATION:
            raise _Broken(_PROTOCOL_ERROR, "expected a continuation of the message")

    def _check_size(self, size: int) -> None:
        if 0 < self._max_frame < size:
            raise _Broken(_TOO_BIG, f"expected a frame of up to {self._max_frame} bytes, got {size}")
        whole = size if self._message is None else len(self._message) + size
        if 0 < self._max_message < whole:
            raise _Broken(_TOO_BIG, f"expected a message of up to {self._max_message} bytes")

    def _begin_frame(self, first: int, size: int, mask: bytes) -> None:
        if self._message is None:
            self._message = bytearray()
            self._decoder = _UTF_8() if first & 0x0F == _TEXT else None
        self._is_last = bool(first & _FIN)
        self._left = size
        self._mask = mask

    def _take_payload(self, data: bytes, at: int, events: list[Event]) -> int:
        """Take in what has come of a data frame. Returns where it ends."""
        assert self._message is not None
        masked = data[at : at + self._left]
        piece = _unmask(masked, self._mask)
        self._left -= len(piece)
        if turn := len(piece) % 4:
            self._mask = self._mask[turn:] + self._mask[:turn]
        if self._decoder is not None:
            # What is no text is noticed before its message ends.
            self._decoder.decode(piece)
        self._message += piece
        if not self._left and self._is_last:
            self._end_message(events)
        return at + len(piece)

    def _end_message(self, events: list[Event]) -> None:
        message, is_text = self._message, self._decoder is not None
        assert message is not None
        self._message = self._decoder = None
        events.append(message.decode() if is_text else bytes(message))

    def _take_control(self, opcode: int, payload: bytes, events: list[Event]) -> None:
        if opcode == _PING:
            events.append(Ping(payload))
        elif opcode == _PONG:
            events.append(Pong(payload))
        else:
            self._end(_close_of(payload), events)


def _close_of(payload: bytes) -> Close:
    if not payload:
        return Close(None, "")
    code = int.from_bytes(payload[:2], "big")
    if code not in SENDABLE:
        raise _Broken(_PROTOCOL_ERROR, f"expected a close code that may be sent, got {code}")
    return Close(code, payload[2:].decode())


def _long_size(data: bytes) -> int:
    size = int.from_bytes(data, "big")
    if size <= _SHORT or (len(data) == 8 and size < 1 << 16):
        raise _Broken(_PROTOCOL_ERROR, "expected the shortest form of a length")
    if size >= 1 << 63:
        raise _Broken(_PROTOCOL_ERROR, "expected a length below 2^63")
    return size


def _unmask(data: bytes, mask: bytes) -> bytes:
    """Return data with its mask taken off (RFC 6455, 5.3)."""
    size = len(data)
    if size <= _AS_NUMBER:
        number = int.from_bytes(data, "little") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "little")
        return number.to_bytes(size, "little")
    bare = bytearray(size)
    for place, byte in enumerate(mask):
        bare[place::4] = data[place::4].translate(_XOR[byte])
    return bytes(bare)
