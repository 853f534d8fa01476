"""The client's side of RFC 6455 for one run of load: requests, messages and frames, without input or output."""

from collections.abc import Mapping
from urllib.parse import quote

#: The handshake's key and its answer are those of RFC 6455, 1.3: what is measured is the server, not our randomness.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

#: A ping begins so. In text of ASCII this byte stands nowhere; it may be either one of a text's length.
_PING_HEAD = b"\x89"
#: Stands before the two bytes of a text's length.
_LONG_TEXT = b"\x81\x7e"


def request(host: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the request that opens a WebSocket (RFC 6455, 4.1).

    Arguments:
        host: name and port.
        path: with its query, if it has one.
        headers: beyond those of the handshake.
    """
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    )
    return "\r\n".join([*lines, "", ""]).encode()


def stream_path(stream: str, query: str = "") -> str:
    """Return the path at which a stream of any namespace is read."""
    return f"/ws/stream/{quote(stream, safe='')}/{query}"


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole frame of a client. Its mask is zero, which a server has to take off like any other.

    Arguments:
        payload: 65,535 bytes at most.
    """
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big") + bytes(4) + payload


def pings(data: bytearray, count: int) -> list[bytes]:
    """Return the payloads of the pings in the first bytes of what a server sent, the rest of which is text in ASCII.

    Much faster than to look at each frame, where there are none.

    Arguments:
        count: how many bytes.
    """
    found = []
    at = data.find(_PING_HEAD, 0, count)
    while at >= 0:
        if _LONG_TEXT in data[max(at - 3, 0) : at]:
            at = data.find(_PING_HEAD, at + 1, count)
            continue
        end = at + 2 + data[at + 1]
        found.append(bytes(data[at + 2 : end]))
        at = data.find(_PING_HEAD, end, count)
    return found


class Frames:
    """Cuts what comes from a server into frames. A frame may come in any number of pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes, int]]:
        """Take in bytes; return the frames that are complete now: opcode, payload, and bytes with the frame's head."""
        data = self._rest + data if self._rest else data
        found, at, end = [], 0, len(data)
        while end - at >= 2:
            size, head = data[at + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            whole = head + size
            if end - at < whole:
                break
            found.append((data[at] & 15, data[at + head : at + whole], whole))
            at += whole
        self._rest = data[at:]
        return found
