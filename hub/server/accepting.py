"""The answer that opens a WebSocket (RFC 6455, 4.2.2)."""

import base64
import hashlib
from collections.abc import Iterable, Sequence

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FORBIDDEN = frozenset(b"\r\n\x00")


def encode_answer(
    key: bytes,
    name: str,
    offered: Sequence[str] = (),
    chosen: str | None = None,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> bytes:
    """Return the whole response to a handshake that is accepted.

    Arguments:
        key: the client's Sec-WebSocket-Key.
        name: of the server; empty where it says nothing of itself.
        offered: subprotocols that the client speaks.
        chosen: the one that is spoken from now on, if any.
        headers: what the application adds.
    Raises:
        ValueError: the subprotocol was not offered, or a header would not be one.
    """
    if chosen is not None and chosen not in offered:
        raise ValueError(f"expected a subprotocol that the client offers ({', '.join(offered)}), got {chosen}")
    lines = [b"HTTP/1.1 101 Switching Protocols"]
    if name:
        lines.append(b"Server: " + name.encode())
    lines += (b"Upgrade: WebSocket", b"Connection: Upgrade")
    for header, value in headers:
        if not (_FORBIDDEN.isdisjoint(header) and _FORBIDDEN.isdisjoint(value)):
            raise ValueError(f"expected a header in one line, got {header!r}: {value!r}")
        lines.append(header + b": " + value)
    if chosen is not None:
        lines.append(b"Sec-WebSocket-Protocol: " + chosen.encode())
    digest = hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
    lines.append(b"Sec-WebSocket-Accept: " + base64.b64encode(digest))
    return b"\r\n".join((*lines, b"", b""))
