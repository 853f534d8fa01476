"""Connecting: who the client of a session is, what it gets without asking, and how long that holds."""

import time
from typing import TYPE_CHECKING

from hub import __version__
from hub.auth import Authenticated, authenticate, by_token
from hub.conf import conf
from hub.control import NODE
from hub.core.codes import CloseCode
from hub.core.errors import HubError, TokenExpired, UnknownStream
from hub.core.protocol import Command, Disconnect
from hub.core.types import JSONObject
from hub.identity import user_key
from hub.namespaces import namespaces
from hub.runtime import get_runtime
from hub.sessions.opening import Wanted
from hub.sessions.rights import server_side_of
from hub.sessions.times import steady, time_left

if TYPE_CHECKING:
    from hub.sessions.session import Session

#: What a client is told that it talks to.
VERSION = f"hubbub {__version__}"
#: How a unidirectional session ends that could not begin, by the error's code (section 3.3).
_CLOSES = {
    103: CloseCode.PERMISSION_DENIED,
    109: CloseCode.EXPIRED,
    110: CloseCode.EXPIRED,
    111: CloseCode.TOO_MANY_REQUESTS,
}


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
        session.forget_identity()
        session.state.refused(time.monotonic())
        session.refuse(command, error)
        session.wake_in_time()


async def _connect(session: "Session", command: Command) -> None:
    if command.refusal is not None:
        raise command.refusal
    session.runtime = await get_runtime()
    client = await authenticate(session.scope, command.request)
    if session.has_ended():
        return
    session.identify(client)
    wanted = await _wanted(session, client, command.request)
    subs = await session.subscriptions.open_server_side(wanted)
    if session.has_ended():
        return
    session.state.connected(time.monotonic(), steady(client.expires_at), refreshable=client.refreshable)
    session.wake_in_time()
    result = _result(session, client) | {"subs": subs}
    if session.transport.unidirectional:
        session.push("connect", result)
    else:
        session.answer(command, result)
    await session.outlet.drained()
    session.subscriptions.start_named(subs)


async def _wanted(session: "Session", client: Authenticated, request: JSONObject) -> list[Wanted]:
    """Return the streams that a client gets: those of its token, its own, and what a unidirectional one asks for."""
    asked: dict[str, JSONObject] = request.get("subs", {})
    wanted = {stream: Wanted(stream, asked.get(stream, {}), grant) for stream, grant in client.subscriptions.items()}
    for stream in await server_side_of(client.user):
        # Of somebody who is being locked out, it may not be allowed any more.
        wanted.setdefault(stream, Wanted(stream, asked.get(stream, {}), optional=True))
    if session.transport.unidirectional:
        for stream, position in asked.items():
            # One of a namespace that there is not is a mistake in the program, any other may be gone or not allowed.
            _check_known(stream)
            wanted.setdefault(stream, Wanted(stream, position, optional=True))
    if len(wanted) > conf.MAX_SUBSCRIPTIONS:
        raise Disconnect(CloseCode.CHANNEL_LIMIT)
    return list(wanted.values())


def _check_known(stream: str) -> None:
    try:
        namespaces.resolve(stream)
    except UnknownStream as error:
        raise Disconnect(CloseCode.BAD_REQUEST, error.message) from error


def _result(session: "Session", client: Authenticated) -> JSONObject:
    transport = session.transport
    result = identity(session) | (time_left(client.expires_at) if client.refreshable else {})
    if not transport.native_pings:
        result |= {"ping": round(conf.PING_INTERVAL), "pong": not transport.unidirectional}
    if transport.unidirectional or transport.emulated:
        result["session"] = session.session
    if transport.emulated:
        result["node"] = NODE
    return result


def identity(session: "Session") -> JSONObject:
    """Return what a client is told of itself and of the server."""
    return {"client": session.client, "version": VERSION}


async def refresh(session: "Session", command: Command) -> JSONObject:
    """Carry out the command `refresh`: the connection goes on, by another token of the same user.

    Raises:
        Disconnect: there is no token, or an invalid one, or its time has passed.
    """
    token = command.request.get("token")
    if not token:
        raise Disconnect(CloseCode.BAD_REQUEST)
    try:
        client = await by_token(token, user=user_key(session.user))
    except TokenExpired as error:
        raise Disconnect(CloseCode.EXPIRED) from error
    session.credential, session.info = client.credential, client.info
    session.state.refreshed(steady(client.expires_at), refreshable=client.refreshable)
    session.wake_in_time()
    return identity(session) | time_left(client.expires_at)
