"""How a stream is read: what its client asks for, as far as the namespace, or a token, lets it."""

from dataclasses import dataclass

from hub.core.codes import CloseCode
from hub.core.errors import NotAvailable
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject
from hub.namespaces import namespaces
from hub.tokens import Grant

#: The kinds of differences that there are (section 6).
DELTA_TYPES = ("", "fossil")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a subscription is read."""

    #: Whether its client is told where it stands.
    positioned: bool = False
    #: Whether it goes on there when it comes back.
    recoverable: bool = False
    #: Whether it gets the newest event alone, then, rather than all that it has missed.
    cache: bool = False
    #: Whether it is told who joins and leaves.
    join_leave: bool = False
    #: Whether it may be sent differences.
    delta: bool = False


def check_kind(request: JSONObject) -> None:
    """Make sure that a subscription is of a kind that there is.

    Raises:
        NotAvailable: it is of another one, or filters what comes.
        Disconnect: it asks for differences of an unknown kind.
    """
    if request.get("type") or request.get("tf"):
        raise NotAvailable
    if request.get("delta", "") not in DELTA_TYPES:
        raise Disconnect(CloseCode.BAD_REQUEST)


def options_of(stream: str, request: JSONObject, grant: Grant | None) -> ReadOptions:
    """Return how a stream is read.

    Arguments:
        request: what the client asks for.
        grant: may say otherwise than the namespace does.
    Raises:
        UnknownStream: there is no such stream.
    """
    namespace, _ = namespaces.resolve(stream)
    override = {} if grant is None else grant.override
    # Where a token forces something, it is as if the client had asked, whatever the namespace allows.
    recoverable = namespace.recovers(request.get("recoverable", False)) or override.get("force_recovery", False)
    positioned = namespace.positions(request.get("positioned", False)) or override.get("force_positioning", False)
    asks_join_leave = request.get("join_leave", False) or override.get("force_push_join_leave", False)
    return ReadOptions(
        positioned=namespace.history and (positioned or recoverable),
        recoverable=namespace.history and recoverable,
        cache=namespace.force_recovery_mode == "cache",
        join_leave=namespace.tells_join_leave(asks_join_leave)
        or (asks_join_leave and bool(override.get("join_leave"))),
        delta=request.get("delta", "") in namespace.allowed_delta_types,
    )
