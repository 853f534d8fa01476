"""Connecting: who the client of a session is, and what it is told of its connection."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from hub.auth import find_credential
from hub.conf import conf
from hub.core.asgi import Scope
from hub.core.codes import CloseCode
from hub.core.errors import HubError, Unauthorized
from hub.core.protocol import Command, Disconnect
from hub.core.types import JSONObject, JSONValue
from hub.credentials import Credential, user_of
from hub.runtime import get_runtime

if TYPE_CHECKING:
    from hub.sessions.session import Session

#: What a client is told that it talks to.
VERSION = "hubbub 0.1.0"
#: How a unidirectional session ends that could not begin, by the error's code (section 3.3).
_CLOSES = {
    103: CloseCode.PERMISSION_DENIED,
    109: CloseCode.EXPIRED,
    110: CloseCode.EXPIRED,
    111: CloseCode.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a client is."""

    credential: Credential
    user: User
    info: JSONValue = None
    #: Seconds since the epoch.
    expires_at: float | None = None
    #: Whether the client can put that off.
    refreshable: bool = False
    subscriptions: dict[str, Any] = field(default_factory=dict)


async def authenticate(scope: Scope, request: JSONObject) -> Authenticated:
    """Find out who a client is.

    Raises:
        TokenExpired: its token was valid once.
        Disconnect: it has proved nothing, or what it has proved itself with is not valid.
    """
    token = request.get("token", "")
    try:
        if token:
            credential = Credential.of_token(token)
        else:
            credential = find_credential(scope)
        user = await user_of(credential)
    except Unauthorized as error:
        raise Disconnect(CloseCode.INVALID_TOKEN if token else CloseCode.BAD_REQUEST, error.message) from error
    expires_at = None if credential.expires_at is None else credential.expires_at.timestamp()
    return Authenticated(credential, user, None, expires_at, expires_at is not None)


async def connect(session: "Session", command: Command) -> None:
    """Carry out the command `connect`, and answer it.

    Raises:
        Disconnect: the client is sent away.
    """
    try:
        await _connect(session, command)
    except HubError as error:
        if session.transport.unidirectional:
            raise Disconnect(_CLOSES.get(error.code, CloseCode.INTERNAL_ERROR), error.message) from error
        session.state.refused()
        session.refuse(command, error)


async def _connect(session: "Session", command: Command) -> None:
    runtime = session.runtime = await get_runtime()
    client = await authenticate(session.scope, command.request)
    session.credential, session.user, session.info = client.credential, client.user, client.info
    session.user_id = str(client.user.pk)
    if session.has_ended():
        return
    # Looked after before rights are asked: whatever changes from then on is heard of.
    runtime.revoker.add(session.watched)
    runtime.presence.enter("", session.user.pk, False)
    session.state.connected(time.monotonic(), _steady(client.expires_at), refreshable=client.refreshable)
    runtime.sessions.add(session)
    session.wake_in_time()
    subs = await session.subscriptions.open_server_side({})
    if session.has_ended():
        return
    result = _result(session, client) | {"subs": subs}
    if session.transport.unidirectional:
        session.push("connect", result)
    else:
        session.answer(command, result)
    await session.outlet.drained()
    session.subscriptions.start(subs)


def _result(session: "Session", client: Authenticated) -> JSONObject:
    transport = session.transport
    result: JSONObject = {"client": session.client, "version": VERSION}
    if client.refreshable and client.expires_at is not None:
        result |= {"expires": True, "ttl": max(1, round(client.expires_at - time.time()))}
    if not transport.native_pings:
        result |= {"ping": round(conf.PING_INTERVAL), "pong": not transport.unidirectional}
    if transport.unidirectional or transport.emulated:
        result["session"] = session.session
    return result


def _steady(moment: float | None) -> float | None:
    """Return a moment, in seconds since the epoch, in steady seconds."""
    return None if moment is None else time.monotonic() + (moment - time.time())
