"""What the request that opens a WebSocket must be (RFC 6455, 4.2.1), and how it is refused when it is not."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from hub.server.refusal import Refusal

_VERSION = b"13"
#: Bytes that a value must not hold, since some take them for the end of a line (RFC 9110, 5.5).
_NO_VALUE = frozenset(b"\x0b\x0c\x1c\x1d\x1e\x85")


class Head(NamedTuple):
    """The head of a request."""

    method: bytes
    target: bytes
    #: E.g. `HTTP/1.1`.
    version: bytes
    #: All values of each field, in order; names in lower case.
    fields: Mapping[bytes, Sequence[bytes]]

    def values(self, name: bytes) -> Sequence[bytes]:
        """Return the values of a field, none where there is no such field."""
        return self.fields.get(name, ())


def wants_websocket(upgrade: Sequence[bytes]) -> bool:
    """Say whether a request asks for a WebSocket, rightly or not, by the values of its Upgrade field."""
    return b"websocket" in _tokens(upgrade)


def check_handshake(head: Head, *, has_body: bool) -> Refusal | None:
    """Return what is wrong with a request that asks for a WebSocket, or None."""
    if head.method != b"GET":
        return Refusal(405, "expected GET to open a WebSocket", ((b"Allow", b"GET"),))
    if head.version != b"HTTP/1.1":
        return Refusal(400, "expected HTTP/1.1 to open a WebSocket")
    if has_body:
        return Refusal(400, "expected a request without a body to open a WebSocket")
    if not head.target.isascii() or b"#" in head.target:
        return Refusal(400, "expected a target of ASCII characters without a fragment")
    if any(not _NO_VALUE.isdisjoint(value) for values in head.fields.values() for value in values):
        return Refusal(400, "expected no control characters in the headers")
    if len(head.values(b"host")) != 1 or not _is_host(head.values(b"host")[0]):
        return Refusal(400, "expected one Host header")
    return _check_fields(head)


def _check_fields(head: Head) -> Refusal | None:
    if b"upgrade" not in _tokens(head.values(b"connection")):
        return Refusal(400, 'expected "upgrade" in the Connection header')
    if list(head.values(b"sec-websocket-version")) != [_VERSION]:
        expected = ((b"Sec-WebSocket-Version", _VERSION), (b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"))
        return Refusal(426, "expected version 13 of the WebSocket protocol", expected)
    if not _is_key(head.values(b"sec-websocket-key")):
        return Refusal(400, "expected one Sec-WebSocket-Key of 16 bytes in base64")
    if head.values(b"origin") and not _is_origin(b",".join(head.values(b"origin"))):
        return Refusal(400, "expected an Origin with a host")
    protocols = b",".join(head.values(b"sec-websocket-protocol"))
    if not protocols.isascii():
        return Refusal(400, "expected a Sec-WebSocket-Protocol of ASCII characters")
    names = [name.strip() for name in protocols.split(b",")]
    if len(set(names)) < len(names):
        return Refusal(400, "expected each Sec-WebSocket-Protocol once")
    return None


def _tokens(values: Sequence[bytes]) -> set[bytes]:
    return {token.strip().lower() for value in values for token in value.split(b",")}


def _is_host(value: bytes) -> bool:
    _, colon, port = value.rpartition(b":")
    return not colon or value.endswith(b"]") or port.isdigit()


@lru_cache
def _is_origin(value: bytes) -> bool:
    """Say whether an Origin names a host, or says that there is none (RFC 6454, 7)."""
    try:
        parts = urlsplit(value.decode("latin1"))
        # Asked for only because what is no port is noticed then.
        _ = parts.port
    except ValueError:
        return False
    return value.lower() == b"null" or parts.scheme == "file" or bool(parts.hostname)


def _is_key(values: Sequence[bytes]) -> bool:
    if len(values) != 1:
        return False
    try:
        return len(base64.b64decode(values[0], validate=True)) == 16
    except binascii.Error:
        return False
