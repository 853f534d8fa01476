"""When something ends: as tokens say it, as clients are told it, and as it is measured."""

import time

from hub.core.types import JSONObject


def time_left(expires_at: float | None) -> JSONObject:
    """Return what a client is told of when something ends that it can put off: nothing, where it does not end.

    Arguments:
        expires_at: in seconds since 1970.
    """
    return {} if expires_at is None else {"expires": True, "ttl": max(1, round(expires_at - time.time()))}


def steady(moment: float | None) -> float | None:
    """Return a moment in seconds since 1970 in those of the steady clock, which nobody sets."""
    return None if moment is None else time.monotonic() + (moment - time.time())
