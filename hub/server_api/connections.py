"""What other programs do to clients that are connected, to whatever process: told to all of them, in no transaction."""

from typing import Any

from hub.control import DisconnectSessions, Refresh, Subscribe, Unsubscribe, tell_sessions
from hub.core.control import SessionAction
from hub.core.errors import BadRequest, InternalError
from hub.core.types import JSONObject, JSONValue
from hub.namespaces import namespaces
from hub.server_api import fields
from hub.server_api.authentication import Program

#: Codes that end a connection, and most bytes of the reason: a close frame has room for no more (RFC 6455, 5.5).
CODES = range(3000, 5000)
MAX_REASON = 123
#: By what clients are found: whose they are, the id of one connection, or its secret id.
WHOM = ("user", "client", "session")
#: Options that a subscription may have in another way than its namespace (protocol, section 8).
OVERRIDES = ("presence", "join_leave", "force_push_join_leave", "force_positioning", "force_recovery")


def subscribe(program: Program, params: JSONObject) -> JSONObject:
    """Subscribe clients to a stream, whatever they may: `channel`, and whom (`user`, `client`, `session`).

    Arguments:
        params: also `expire_at` (seconds since 1970), `info` or `b64info`, `data` or `b64data`, `recover_since`, and
            `override`, options as `{"value": bool}`.
    Raises:
        BadRequest, UnknownStream: it is something else.
    """
    stream = _stream(params)
    return _tell(
        Subscribe(
            **_whom(params),
            stream=stream,
            expire_at=_moment(params),
            info=_payload(params, "info"),
            data=_payload(params, "data"),
            recover_since=fields.position(params, "recover_since"),
            override=_override(params),
        )
    )


def unsubscribe(program: Program, params: JSONObject) -> JSONObject:
    """End subscriptions of clients to a stream: `channel`, and whom.

    Raises:
        BadRequest, UnknownStream: it is something else.
    """
    stream = _stream(params)
    return _tell(Unsubscribe(**_whom(params), stream=stream))


def disconnect(program: Program, params: JSONObject) -> JSONObject:
    """End connections: whom; `whitelist`, clients that stay; `disconnect`, `{"code", "reason"}`.

    Raises:
        BadRequest: it is something else.
    """
    how = fields.mapping(params, "disconnect") or {}
    code, reason = fields.whole(how, "code"), fields.text(how, "reason")
    if code and code not in CODES:
        raise BadRequest(f'expected "code" of "disconnect" from {CODES.start} to {CODES.stop - 1}, got {code}')
    if len(reason.encode()) > MAX_REASON:
        raise BadRequest(f'expected "reason" of "disconnect" of up to {MAX_REASON} bytes, got more')
    # Without a code the reason has no meaning either: `cent` sends both empty.
    said: dict[str, Any] = {"code": code, "reason": reason} if code else {}
    return _tell(DisconnectSessions(**_whom(params), whitelist=fields.texts(params, "whitelist"), **said))


def refresh(program: Program, params: JSONObject) -> JSONObject:
    """Move the end of connections to `expire_at`, or end them as `expired`: whom; `info`, what others see from now on.

    Raises:
        BadRequest: it is something else.
    """
    expired = fields.flag(params, "expired")
    return _tell(Refresh(**_whom(params), expired=expired, expire_at=_moment(params), info=_payload(params, "info")))


def _tell(action: SessionAction) -> JSONObject:
    # It reaches who is connected now, and that is not known here: nobody at all is as good as one.
    if not tell_sessions(action):
        raise InternalError("the server processes cannot be told just now; try again")
    return {}


def _whom(params: JSONObject) -> dict[str, Any]:
    whom = {name: fields.text(params, name) for name in WHOM}
    if not any(whom.values()):
        raise BadRequest('expected "user", "client" or "session", got none of them')
    return whom


def _stream(params: JSONObject) -> str:
    name = fields.channel(params)
    namespaces.resolve(name)
    return name


def _moment(params: JSONObject) -> float | None:
    return fields.whole(params, "expire_at") or None


def _payload(params: JSONObject, name: str) -> JSONValue:
    return fields.payload(params, name)[1]


def _override(params: JSONObject) -> dict[str, bool] | None:
    given = fields.mapping(params, "override") or {}
    values = {name: fields.mapping(given, name) for name in OVERRIDES}
    return {name: fields.flag(value, "value") for name, value in values.items() if value is not None} or None
