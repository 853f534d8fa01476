"""The head of a request for a WebSocket, read at one go where it came as a whole (RFC 9112, 2 to 5).

It reads what well-behaved clients send, and leaves every other head to Twisted, which then decides as it always has.
"""

import re
from typing import NamedTuple

from hub.server.handshake import Head

#: Bytes of a head, and fields, that are left to Twisted, which refuses them: its own limits.
_MAX_SIZE = 16_384
_MAX_FIELDS = 500

# A path without an authority or a fragment; no line that goes on in the next one; no byte in a value that someone
# could take for the end of a line (0x85 is one in Latin-1).
_HEAD = re.compile(
    rb"GET (/[!\"$-~]*) HTTP/1\.1\r\n"
    rb"((?:[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\t -~\x80-\x84\x86-\xff]*\r\n)+)\r\n"
)

#: Fields that announce a body, or want an answer before there is one.
_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})

# Names that nearly all clients send, so that each is kept once.
_USUAL = {
    name: name
    for name in (
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"cache-control",
        b"connection",
        b"cookie",
        b"host",
        b"origin",
        b"pragma",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
        b"upgrade",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-real-ip",
    )
}


class Read(NamedTuple):
    """A head, and what came behind it."""

    head: Head
    rest: bytes


def read_head(data: bytes) -> Read | None:
    """Return the head of a GET without a body that the data begins with, or None where it holds another thing.

    Arguments:
        data: the first bytes of a connection.
    """
    found = _HEAD.match(data)
    if found is None or found.end() > _MAX_SIZE:
        return None
    lines = found[2].split(b"\r\n")
    if len(lines) > _MAX_FIELDS:
        return None
    fields: dict[bytes, list[bytes]] = {}
    # Behind the last line is nothing.
    for line in lines[:-1]:
        name, _, value = line.partition(b":")
        lower = name.lower()
        fields.setdefault(_USUAL.get(lower, lower), []).append(value.strip(b" \t"))
    if not _BODY.isdisjoint(fields):
        return None
    return Read(Head(b"GET", found[1], b"HTTP/1.1", fields), data[found.end() :])
