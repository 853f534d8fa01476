"""Which answers of a server are final, and which are worth another attempt."""

#: Client errors that pass by themselves: request timeout, too early, too many requests.
PASSING_STATUSES = frozenset({408, 425, 429})

FRAME_TOO_BIG = 1009


def status_is_final(status: int) -> bool:
    """Return whether an HTTP status stays the same however often one asks.

    Redirects are final too: they are not followed, since the credentials would go along to wherever they point.
    """
    return 300 <= status < 500 and status not in PASSING_STATUSES


def close_code_is_final(code: int) -> bool:
    """Return whether a server that closes with `code` wants no other attempt (private codes of RFC 6455, 7.4.2)."""
    return 3500 <= code < 4000 or 4500 <= code < 5000 or code == FRAME_TOO_BIG
