"""What a client of a unidirectional connection asks for: all that it ever says (protocol, section 3.3).

As a `ConnectRequest`, or in words that need no JSON: `?stream=chat:lobby&stream=inbox%2342&token=…`. An EventSource
that comes back asks for the same, and says besides with which event it was cut off.
"""

from urllib.parse import parse_qs

from hub.core.asgi import Scope
from hub.core.event_ids import read_event_id
from hub.core.events import Position
from hub.core.protocol import Codec
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.sessions.cross_origin import header

#: An epoch that no stream has: who asks to go on from there is told that it cannot.
_NO_EPOCH = "_"


def query_of(scope: Scope) -> dict[str, list[str]]:
    """Return the query of a request, each name with all its values."""
    return parse_qs(scope["query_string"].decode("latin1"), keep_blank_values=True)


def connect_request(codec: Codec, scope: Scope, sent: Payload) -> JSONObject:
    """Return what a client asks for.

    Arguments:
        codec: reads a request of JSON, or of another format.
        scope: of the request; its query and headers may say more.
        sent: what the client has sent as `ConnectRequest`; empty where `?cf_connect=` may say it.
    Raises:
        Disconnect: with 3501: what it has sent is no such request.
    """
    query = query_of(scope)
    request = dict(codec.decode_request("connect", sent or query.get("cf_connect", [""])[0]))
    if not request.get("token") and query.get("token"):
        request["token"] = query["token"][0]
    request["subs"] = _subscriptions(request, query.get("stream", []))
    if (event_id := _last_event_id(scope, query)) is not None:
        _go_on_from(request["subs"], read_event_id(event_id))
    return request


def _subscriptions(request: JSONObject, streams: list[str]) -> JSONObject:
    asked = {stream: {} for stream in streams if stream} | (request.get("subs") or {})
    # Without a position there would be none to come back to.
    return {stream: {"recoverable": True, **wanted} for stream, wanted in asked.items()}


def _last_event_id(scope: Scope, query: dict[str, list[str]]) -> str | None:
    # The header tells of later events than the address, which an EventSource repeats as it was.
    return header(scope, b"last-event-id") or query.get("last_event_id", [None])[0] or None


def _go_on_from(subscriptions: JSONObject, positions: dict[str, Position] | None) -> None:
    """Have streams go on from where their reader stands; from nowhere, where that cannot be known."""
    if positions is None:
        positions = {stream: Position(_NO_EPOCH, 0) for stream in subscriptions}
    for stream, position in positions.items():
        wanted = subscriptions.setdefault(stream, {"recoverable": True})
        wanted.update(recover=True, epoch=position.epoch, offset=position.offset)
