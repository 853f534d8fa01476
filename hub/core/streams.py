"""Names: of streams, and of the channel-layer groups that stand for them."""

import hashlib
from dataclasses import dataclass

from hub.core.errors import BadRequest, UnknownStream

#: A stream's name is at most this many characters, as in the Centrifugo client protocol (section 5).
MAX_STREAM_NAME = 255

_SEPARATORS = (":", "#")

#: What a name begins with of a stream that a token alone lets a client read (Centrifugo client protocol, section 8).
PRIVATE = "$"


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream's name, taken apart."""

    #: The whole name, e.g. `chat:lobby`.
    full: str
    #: The namespace's name, e.g. `chat`; empty where the name names none.
    prefix: str
    #: `:`, or `#` where what follows is a user; empty with an empty prefix.
    separator: str
    #: What follows the separator, e.g. `lobby`.
    rest: str

    @property
    def is_private(self) -> bool:
        """Whether a token alone lets a client read it."""
        return self.full.startswith(PRIVATE)

    def __str__(self) -> str:
        return self.full


def parse_stream_name(full: str) -> StreamName:
    """Take a stream's name apart at its first `:` or `#`; a `$` before it belongs to no part.

    A name without them, or with nothing before them, names no namespace.

    Arguments:
        full: the name, 1 to 255 printable ASCII characters.
    Raises:
        BadRequest: the name is empty, too long or has other characters.
        UnknownStream: nothing follows.
    """
    if not 0 < len(full) <= MAX_STREAM_NAME or not full.isascii() or not full.isprintable() or " " in full:
        raise BadRequest(
            f"expected a stream name of 1 to {MAX_STREAM_NAME} printable ASCII characters, got {full[:40]!r}"
        )
    public = full.removeprefix(PRIVATE)
    cut = min((place for place in map(public.find, _SEPARATORS) if place >= 0), default=0)
    if cut == 0 and public not in ("", *_SEPARATORS):
        return StreamName(full, "", "", public)
    if cut == 0 or cut == len(public) - 1:
        raise UnknownStream(f"expected a stream name like 'chat:lobby' or 'inbox#1', got {full[:40]!r}")
    return StreamName(full, public[:cut], public[cut], public[cut + 1 :])


def without_user_part(name: StreamName) -> StreamName:
    """Take a name apart anew in which the first `#` begins no part of its own but a list of users.

    `dialog#1,2` then names no namespace, and `team:a#1,2` or `a#b:c` the one before the `:`.
    """
    public = name.full.removeprefix(PRIVATE)
    prefix, separator, rest = public.partition(":")
    return StreamName(name.full, prefix, separator, rest) if separator else StreamName(name.full, "", "", public)


def group_name(stream: str) -> str:
    """Return the channel-layer group of a stream.

    A group's name allows few characters and 99 of them at most, a stream's allows more: so it is a hash.
    """
    return f"hub.{hashlib.blake2b(stream.encode(), digest_size=16).hexdigest()}"
