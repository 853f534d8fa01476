"""Every error that may reach a client: one tree, each with a stable code.

    HubError
    ├── InternalError         100  temporary
    ├── Unauthorized          101
    ├── UnknownStream         102
    ├── PermissionDenied      103
    ├── MethodNotFound        104
    ├── AlreadySubscribed     105
    ├── LimitExceeded         106
    ├── BadRequest            107
    ├── NotAvailable          108
    ├── TokenExpired          109
    ├── Expired               110
    ├── TooManyRequests       111  temporary
    ├── UnrecoverablePosition 112
    └── ConcurrentPagination  113  temporary

Codes 100-199 are those of the Centrifugo client protocol; an application takes its own from 400 to 1999.
"""

from typing import ClassVar


class HubError(Exception):
    """Something a client may be told.

    Arguments:
        message: what was expected and what came, in one sentence; the class's own words where absent.
    """

    #: Stable number of the error on the wire.
    code: ClassVar[int] = 100
    #: Words for a person when the raiser gives none.
    default_message: ClassVar[str] = "internal server error"
    #: Whether the same request may succeed if it is simply tried again.
    temporary: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default_message
        super().__init__(self.message)


class InternalError(HubError):
    """The server failed; what happened is in its log and never on the wire."""

    temporary = True


class Unauthorized(HubError):
    """No credentials came, or they are not valid."""

    code = 101
    default_message = "unauthorized"


class UnknownStream(HubError):
    """There is no such stream, or the asker may not know that there is."""

    code = 102
    default_message = "unknown stream"


class PermissionDenied(HubError):
    """The user is known and may not do this."""

    code = 103
    default_message = "permission denied"


class MethodNotFound(HubError):
    """The stream's namespace has no such command."""

    code = 104
    default_message = "command not found"


class AlreadySubscribed(HubError):
    """The connection reads this stream already."""

    code = 105
    default_message = "already subscribed"


class LimitExceeded(HubError):
    """A size or a count is beyond what the server takes."""

    code = 106
    default_message = "limit exceeded"


class BadRequest(HubError):
    """The request cannot be understood."""

    code = 107
    default_message = "bad request"


class NotAvailable(HubError):
    """This is switched off here."""

    code = 108
    default_message = "not available"


class TokenExpired(HubError):
    """The token was valid once; ask for a new one."""

    code = 109
    default_message = "token expired"


class Expired(HubError):
    """What the request is about has ended already, as a subscription that was to be refreshed."""

    code = 110
    default_message = "expired"


class TooManyRequests(HubError):
    """A rate limit holds this back; try again later."""

    code = 111
    default_message = "too many requests"
    temporary = True


class UnrecoverablePosition(HubError):
    """The position asked for is of another epoch, or older than what is kept."""

    code = 112
    default_message = "unrecoverable position"


class ConcurrentPagination(HubError):
    """Another request reads the same pages just now."""

    code = 113
    default_message = "concurrent pagination"
    temporary = True
