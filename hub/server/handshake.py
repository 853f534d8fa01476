"""What the request that opens a WebSocket must be (RFC 6455, 4.2.1), and how it is refused when it is not."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

#: Values of a header by its name, none where there is no such header.
Values = Callable[[str], Sequence[bytes]]

_VERSION = b"13"


@dataclass(frozen=True)
class Refusal:
    """The answer to a request that is not taken."""

    status: int
    #: What was wrong, for whoever wrote the client.
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def body(self) -> bytes:
        """What the text is sent as."""
        return f"{self.text}\n".encode()

    @property
    def phrase(self) -> bytes:
        """The words beside the status."""
        return HTTPStatus(self.status).phrase.encode()

    @property
    def all_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers, with those that describe the body."""
        length = b"%d" % len(self.body)
        return (*self.headers, (b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", length))

    def encode(self) -> bytes:
        """Return a whole response, after which the connection ends."""
        headers = (*self.all_headers, (b"Connection", b"close"))
        lines = [b"%s: %s" % header for header in headers]
        return b"\r\n".join([b"HTTP/1.1 %d %s" % (self.status, self.phrase), *lines, b"", self.body])


def wants_websocket(values: Values) -> bool:
    """Say whether a request asks for a WebSocket, rightly or not."""
    return b"websocket" in _tokens(values("Upgrade"))


def check_handshake(method: bytes, version: bytes, values: Values, *, has_body: bool) -> Refusal | None:
    """Return what is wrong with a request that asks for a WebSocket, or None.

    Arguments:
        version: e.g. `HTTP/1.1`.
        values: returns the values of a header.
    """
    if method != b"GET":
        return Refusal(405, "expected GET to open a WebSocket", ((b"Allow", b"GET"),))
    if version != b"HTTP/1.1":
        return Refusal(400, "expected HTTP/1.1 to open a WebSocket")
    if has_body:
        return Refusal(400, "expected a request without a body to open a WebSocket")
    if len(values("Host")) != 1:
        return Refusal(400, "expected one Host header")
    if b"upgrade" not in _tokens(values("Connection")):
        return Refusal(400, 'expected "upgrade" in the Connection header')
    if list(values("Sec-WebSocket-Version")) != [_VERSION]:
        expected = ((b"Sec-WebSocket-Version", _VERSION), (b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"))
        return Refusal(426, "expected version 13 of the WebSocket protocol", expected)
    if not _is_key(values("Sec-WebSocket-Key")):
        return Refusal(400, "expected one Sec-WebSocket-Key of 16 bytes in base64")
    return None


def _tokens(values: Sequence[bytes]) -> set[bytes]:
    return {token.strip().lower() for value in values for token in value.split(b",")}


def _is_key(values: Sequence[bytes]) -> bool:
    if len(values) != 1:
        return False
    try:
        return len(base64.b64decode(values[0], validate=True)) == 16
    except binascii.Error:
        return False
