"""Names: of streams, and of the channel-layer groups that stand for them."""

import hashlib
from dataclasses import dataclass

from hub.core.errors import BadRequest, UnknownStream

#: A stream's name is at most this many characters, as in the Centrifugo client protocol (section 5).
MAX_STREAM_NAME = 255

_SEPARATORS = (":", "#")


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream's name, taken apart."""

    #: The whole name, e.g. `chat:lobby`.
    full: str
    #: The namespace's name, e.g. `chat`.
    prefix: str
    #: `:`, or `#` where what follows is a user.
    separator: str
    #: What follows the separator, e.g. `lobby`.
    rest: str

    def __str__(self) -> str:
        return self.full


def parse_stream_name(full: str) -> StreamName:
    """Take a stream's name apart at its first `:` or `#`.

    Arguments:
        full: the name, 1 to 255 printable ASCII characters.
    Raises:
        BadRequest: the name is empty, too long or has other characters.
        UnknownStream: it names no namespace.
    """
    if not 0 < len(full) <= MAX_STREAM_NAME or not full.isascii() or not full.isprintable() or " " in full:
        raise BadRequest(
            f"expected a stream name of 1 to {MAX_STREAM_NAME} printable ASCII characters, got {full[:40]!r}"
        )
    cut = min((place for place in map(full.find, _SEPARATORS) if place >= 0), default=0)
    if cut == 0 or cut == len(full) - 1:
        raise UnknownStream(f"expected a stream name like 'chat:lobby' or 'inbox#1', got {full[:40]!r}")
    return StreamName(full, full[:cut], full[cut], full[cut + 1 :])


def group_name(stream: str) -> str:
    """Return the channel-layer group of a stream.

    A group's name allows few characters and 99 of them at most, a stream's allows more: so it is a hash.
    """
    return f"hub.{hashlib.blake2b(stream.encode(), digest_size=16).hexdigest()}"
