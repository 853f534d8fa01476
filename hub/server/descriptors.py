"""File descriptors: the last are kept for requests, so that a process full of sockets can still be asked how it is.

A new connection gets the lowest number that is free. So its own number says how many are taken, without counting.
"""

import codecs
import resource
from typing import Any

#: Descriptors that no socket gets, or a quarter of all where there are few: for requests, and for files they open.
RESERVE = 64


def is_in_reserve(number: int, limit: int) -> bool:
    """Say whether a descriptor is one of the last.

    Arguments:
        number: of the descriptor.
        limit: how many the process may have.
    """
    return number >= limit - min(RESERVE, limit // 4)


def has_room(transport: Any) -> bool:
    """Say whether there are descriptors enough for a connection to stay."""
    # Asked each time: it may be changed while a process runs, and takes a microsecond.
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit == resource.RLIM_INFINITY or not is_in_reserve(transport.fileno(), limit)


def open_beforehand() -> None:
    """Load what Python and Django would load when it is first needed: then there may be no descriptor to open it."""
    # Django logs the path of an answer that is an error by this one.
    codecs.lookup("unicode_escape")
