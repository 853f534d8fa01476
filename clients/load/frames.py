"""The client's side of RFC 6455 without input or output: frames to bytes, and bytes to frames."""

import os
from dataclasses import dataclass
from enum import IntEnum


class Opcode(IntEnum):
    """Kinds of frames (RFC 6455, 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that came from the server."""

    opcode: int
    payload: bytes
    final: bool


def encode_frame(opcode: Opcode, payload: bytes, mask: bytes | None = None) -> bytes:
    """Return a whole, masked frame (RFC 6455, 5.3).

    Arguments:
        mask: four bytes; random ones when it is not given.
    """
    mask = mask or os.urandom(4)
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65_536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


class FrameReader:
    """Cuts what comes from a server into frames; a frame may come in any number of pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take in bytes, and return the frames that are complete now.

        Raises:
            ValueError: a frame is masked, which a server's never is (RFC 6455, 5.1).
        """
        self._buffer += data
        frames: list[Frame] = []
        while (frame := self._cut()) is not None:
            frames.append(frame)
        return frames

    def _cut(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        if buffer[1] & 0x80:
            raise ValueError("expected a frame without a mask from the server")
        start, size = 2, buffer[1] & 0x7F
        if size > 125:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        frame = Frame(buffer[0] & 0x0F, bytes(buffer[start : start + size]), bool(buffer[0] & 0x80))
        del buffer[: start + size]
        return frame


class MessageReader:
    """Puts the frames of a fragmented message together."""

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._opcode = 0
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> list[Frame]:
        """Take in bytes, and return whole messages and control frames.

        Raises:
            ValueError: this is not what a WebSocket server sends.
        """
        whole: list[Frame] = []
        for frame in self._frames.feed(data):
            if frame.opcode >= Opcode.CLOSE:
                whole.append(frame)
                continue
            if frame.opcode != Opcode.CONTINUATION:
                self._opcode, self._parts = frame.opcode, []
            self._parts.append(frame.payload)
            if frame.final:
                whole.append(Frame(self._opcode, b"".join(self._parts), True))
                self._parts = []
        return whole
