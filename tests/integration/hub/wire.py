"""HTTP and WebSocket by hand: the very bytes that a client sends, right or wrong, and those that it gets."""

import socket
import struct
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.programs import PATIENCE, Server

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

HANDSHAKE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Ended(Exception):
    """The server has ended the connection, in order or by a reset."""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = b"mask") -> bytes:
    """Return a frame, right or wrong (RFC 6455, 5.2).

    Arguments:
        rsv: the three reserved bits, 0 to 7.
        mask: four bytes, or None for a frame without a mask, which no client may send.
    """
    size = len(payload)
    marked = 0x80 if mask else 0
    if size < 126:
        length = bytes([marked | size])
    elif size < 65_536:
        length = bytes([marked | 126]) + struct.pack("!H", size)
    else:
        length = bytes([marked | 127]) + struct.pack("!Q", size)
    if mask:
        payload = mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes([fin << 7 | rsv << 4 | opcode]) + length + payload


def request(method: str = "GET", path: str = "/", version: str = "1.1", **headers: str) -> bytes:
    """Return the head of a request. A `_` in a header's name stands for `-`."""
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in ({"Host": "localhost"} | headers).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def connect(server: Server, *, room: int | None = None) -> socket.socket:
    """Open a TCP connection to a server.

    Arguments:
        room: bytes that the system takes in before anybody reads, where it must not be many.
    """
    address = urlsplit(server.url)
    connection = socket.socket()
    if room is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.settimeout(PATIENCE)
    connection.connect((address.hostname or "", address.port or 0))
    return connection


class Wire:
    """One connection to a server.

    Arguments:
        room: bytes that the system takes in before anybody reads, where it must not be many.
        over: the connection, where it is not one of TCP.
    """

    def __init__(self, server: Server, *, room: int | None = None, over: socket.socket | None = None) -> None:
        self.socket = over or connect(server, room=room)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    def open(self, path: str) -> Self:
        """Make the handshake of a WebSocket."""
        self.send(request(path=path, **HANDSHAKE))
        status, _, _ = self.answer()
        assert status == 101
        return self

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            Ended: there are not so many.
        """
        while len(self._received) < count:
            self._more()
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def answer(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of the next HTTP response.

        Arguments:
            has_body: not so for the answer to a HEAD, whatever its length says.
        Raises:
            Ended: there is none.
        """
        status, headers = self.head()
        return status, headers, self._body(headers) if has_body else b""

    def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers (names in lower case) of the next HTTP response.

        Raises:
            Ended: there is none.
        """
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, self._received = self._received.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin1").split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        return int(first.split()[1]), headers

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.take(int(headers.get("content-length", 0)))
        body = b""
        while piece := self.chunk():
            body += piece
        return body

    def chunk(self) -> bytes:
        """Return the next piece of a chunked body (RFC 9112, 7.1), which is empty at its end.

        Raises:
            Ended: there is none.
        """
        size = int(self._line(), 16)
        return self.take(size + 2)[:-2]

    def _line(self) -> bytes:
        while b"\r\n" not in self._received:
            self._more()
        line, self._received = self._received.split(b"\r\n", 1)
        return line

    def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame, which has to be whole and in order.

        Raises:
            Ended: there is none.
        """
        first, size = self.take(2)
        assert first & 0xF0 == 0x80, "expected a whole message without reserved bits"
        assert size < 0x80, "expected a frame without a mask"
        if size == 126:
            size = struct.unpack("!H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.take(8))[0]
        return first & 0xF, self.take(size)

    def close_payload(self) -> bytes:
        """Return the payload of the server's close frame, which has to come after nothing but messages and pongs."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                return payload

    def close_code(self) -> int:
        """Return the code of the server's close frame."""
        code: int = struct.unpack("!H", self.close_payload()[:2])[0]
        return code

    def end(self) -> bytes:
        """Wait until the server ends the connection, and return what comes before."""
        try:
            while True:
                self._more()
        except Ended:
            left, self._received = self._received, b""
            return left

    def _more(self) -> None:
        try:
            data = self.socket.recv(65_536)
        except ConnectionError as error:
            raise Ended from error
        if not data:
            raise Ended
        self._received += data
