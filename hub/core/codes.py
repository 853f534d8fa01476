"""Codes that end connections and subscriptions: the range alone tells a client whether to come back (Centrifugo)."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the server ends a connection."""

    NORMAL = 1000
    TOO_BIG = 1009  # RFC 6455, 7.4.1
    CLOSED = 3000
    SHUTDOWN = 3001
    INTERNAL_ERROR = 3004
    EXPIRED = 3005
    SUBSCRIPTION_EXPIRED = 3006
    SLOW = 3008
    WRITE_ERROR = 3009
    INSUFFICIENT_STATE = 3010
    FORCE_RECONNECT = 3011
    NO_PONG = 3012
    TOO_MANY_REQUESTS = 3013
    STATE_INVALIDATED = 3014
    INVALID_TOKEN = 3500
    BAD_REQUEST = 3501
    STALE = 3502
    FORCE_DISCONNECT = 3503
    CONNECTION_LIMIT = 3504
    CHANNEL_LIMIT = 3505
    INAPPROPRIATE_PROTOCOL = 3506
    PERMISSION_DENIED = 3507
    NOT_AVAILABLE = 3508
    TOO_MANY_ERRORS = 3509


class UnsubscribeCode(IntEnum):
    """Why the server ends a subscription. From 2500 on the client subscribes again by itself."""

    SERVER = 2000
    INSUFFICIENT_STATE = 2500
    EXPIRED = 2501
    STATE_INVALIDATED = 2502


#: The words of the Centrifugo client protocol, where they are not those of the name.
_REASONS: dict[int, str] = {
    CloseCode.NORMAL: "",
    CloseCode.TOO_BIG: "message too big",
    CloseCode.CLOSED: "connection closed",
    CloseCode.INTERNAL_ERROR: "internal server error",
    CloseCode.EXPIRED: "connection expired",
    CloseCode.NOT_AVAILABLE: "not available",
    UnsubscribeCode.SERVER: "server unsubscribe",
    UnsubscribeCode.EXPIRED: "subscription expired",
}


def default_reason(code: int) -> str:
    """Return what a close code, or the code of an unsubscribe, says in words; never nothing.

    (The npm client takes a close without a reason for one after which it may come back, whatever the code.)
    """
    if code in _REASONS:
        return _REASONS[code]
    for codes in (CloseCode, UnsubscribeCode):
        if code in {int(one) for one in codes}:
            return codes(code).name.lower().replace("_", " ")
    return f"code {code}"


#: The close code that ends a connection whose subscription failed with the error of that code.
CLOSE_FOR_ERROR: dict[int, CloseCode] = {
    101: CloseCode.INVALID_TOKEN,
    102: CloseCode.BAD_REQUEST,
    103: CloseCode.PERMISSION_DENIED,
    106: CloseCode.BAD_REQUEST,
    107: CloseCode.BAD_REQUEST,
    108: CloseCode.NOT_AVAILABLE,
    109: CloseCode.EXPIRED,
    110: CloseCode.EXPIRED,
    111: CloseCode.TOO_MANY_REQUESTS,
    112: CloseCode.INSUFFICIENT_STATE,
}

#: Errors of applications begin here; what one of them refuses it will refuse again.
_FIRST_OF_APPLICATIONS = 400


def close_code_for(error_code: int) -> CloseCode:
    """Return how a connection ends whose subscription was refused.

    Arguments:
        error_code: the code of the refusing error.
    Returns:
        The matching close code. An application's own refusal is final; any other error is the server's own fault,
        and 3004 invites the client back.
    """
    other = CloseCode.BAD_REQUEST if error_code >= _FIRST_OF_APPLICATIONS else CloseCode.INTERNAL_ERROR
    return CLOSE_FOR_ERROR.get(error_code, other)


def reconnects(code: int) -> bool:
    """Return whether a client that is closed with `code` is expected to come back."""
    return not (3500 <= code < 4000 or 4500 <= code < 5000 or code == CloseCode.TOO_BIG)
