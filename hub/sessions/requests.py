"""What a connected client asks for, besides to read: each command is carried out and answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hub.commands import Request, carry_out, committed
from hub.conf import conf
from hub.core.asgi import WORK_EXTENSION
from hub.core.codes import CloseCode
from hub.core.events import Position
from hub.core.protocol import Command, Disconnect
from hub.core.session import channel_of
from hub.core.types import JSONObject
from hub.database import in_database
from hub.history import History, history
from hub.identity import AnyUser
from hub.namespaces import namespaces
from hub.pipeline import Pipeline
from hub.presence.clients import clients, clients_count
from hub.sessions.connecting import refresh
from hub.sessions.messages import take_message
from hub.sessions.refreshing import refresh_subscription
from hub.sessions.rpc import called

if TYPE_CHECKING:
    from hub.sessions.session import Session

#: Commands of one connection that may be under way at the same time.
PIPELINED = 32


class Requests:
    """Carries out what the client of a session asks for.

    Arguments:
        session: whose client asks.
    """

    __slots__ = ("_pipeline", "_session")

    def __init__(self, session: "Session") -> None:
        self._session = session
        #: Commands that are under way; none before the first one, for the sake of those who only read.
        self._pipeline: Pipeline[Command, JSONObject] | None = None

    async def carry_out(self, command: Command) -> None:
        """Carry out a command and answer it, or have it answered in its turn.

        Raises:
            Disconnect: it ends the session.
        """
        try:
            # Whoever goes may always do so: to be refused that is, to clients, a connection that is broken.
            if command.method != "unsubscribe":
                self._session.limit_commands()
            if command.refusal is not None:
                raise command.refusal
            if (request := self._together(command)) is not None:
                await self._begin(command, request)
                return
            await self.others_answered()
            result = await _METHODS[command.method](self._session, command)
        except Exception as error:
            await self.others_answered()
            self._session.refuse(command, error)
        else:
            self._session.answer(command, result)

    async def others_answered(self) -> None:
        """Wait until all commands before are answered."""
        if self._pipeline is not None:
            await self._pipeline.idle()

    def _together(self, command: Command) -> Request | None:
        """Return what a command asks of a namespace, where it may be carried out together with those of others."""
        if command.method not in _OF_NAMESPACES:
            return None
        request = _request(self._session, command)
        return request if namespaces.runs_together(request.stream, request.name) else None

    async def _begin(self, command: Command, request: Request) -> None:
        if self._pipeline is None:
            self._pipeline = Pipeline(PIPELINED, self._answer, self._tell_server)
        await self._pipeline.room()
        # Its client may have been sent away meanwhile.
        if not self._session.has_ended():
            self._pipeline.add(command, committed.submit(request))

    def _answer(self, command: Command, outcome: asyncio.Future[JSONObject]) -> None:
        """Reply to a command that was carried out together with others."""
        session = self._session
        try:
            try:
                result = outcome.result()
            except Exception as error:
                session.refuse(command, error)
            else:
                session.answer(command, _told(command, result))
        except Disconnect as end:
            session.end_soon(end)

    def _tell_server(self, busy: bool) -> None:
        # Of hub.server: a drain waits for what is under way, which another server cannot see.
        tell = self._session.scope.get("extensions", {}).get(WORK_EXTENSION)
        if tell is not None:
            tell["begin" if busy else "end"]()


def _request(session: "Session", command: Command) -> Request:
    """Return what a command asks of a namespace.

    Raises:
        HubError, Disconnect: that cannot be told.
    """
    if command.method == "publish":
        stream, name = channel_of(command), "publish"
        data: JSONObject = {key: value for key, value in command.request.items() if key == "data"}
    else:
        stream, name, data = called(command)
    return Request(session.credential, stream, name, data, session.reads(stream), session.client_info())


def _told(command: Command, result: JSONObject) -> JSONObject:
    return {"data": result} if command.method == "rpc" else {}


async def _run(session: "Session", command: Command) -> JSONObject:
    return _told(command, await in_database(carry_out, _request(session, command)))


async def _unsubscribe(session: "Session", command: Command) -> JSONObject:
    if session.state.unsubscribe(command):
        session.subscriptions.end(channel_of(command))
    return {}


async def _ping(session: "Session", command: Command) -> JSONObject:
    return {}


async def _presence(session: "Session", command: Command) -> JSONObject:
    stream = channel_of(command)
    return {"presence": await in_database(_clients, session.user, stream, session.reads(stream))}


async def _presence_stats(session: "Session", command: Command) -> JSONObject:
    stream = channel_of(command)
    num_clients, num_users = await in_database(_clients_count, session.user, stream, session.reads(stream))
    return {"num_clients": num_clients, "num_users": num_users}


async def _history(session: "Session", command: Command) -> JSONObject:
    stream, request = channel_of(command), command.request
    page = await in_database(_page, session.user, stream, request, session.reads(stream))
    return {"publications": page.events, "epoch": page.position.epoch, "offset": page.position.offset}


def _clients(user: AnyUser, stream: str, subscribed: bool) -> dict[str, JSONObject]:
    namespaces.check_presence(user, stream, subscribed=subscribed)
    return clients(stream)


def _clients_count(user: AnyUser, stream: str, subscribed: bool) -> tuple[int, int]:
    namespaces.check_presence(user, stream, subscribed=subscribed)
    return clients_count(stream)


def _page(user: AnyUser, stream: str, request: JSONObject, subscribed: bool) -> History:
    namespaces.check_history(user, stream, subscribed=subscribed)
    since = request.get("since")
    return history(
        stream,
        limit=request.get("limit", 0),
        since=None if since is None else Position(since.get("epoch", ""), since.get("offset", 0)),
        reverse=request.get("reverse", False),
    )


async def _send(session: "Session", command: Command) -> JSONObject:
    if not conf.MESSAGE_HANDLER:
        raise Disconnect(CloseCode.NOT_AVAILABLE)
    await in_database(take_message, session.user, session.client_info(), command.request.get("data"))
    return {}


_OF_NAMESPACES = frozenset({"publish", "rpc"})

_METHODS: dict[str, Callable[["Session", Command], Awaitable[JSONObject]]] = {
    "publish": _run,
    "rpc": _run,
    "unsubscribe": _unsubscribe,
    "ping": _ping,
    "send": _send,
    "presence": _presence,
    "presence_stats": _presence_stats,
    "history": _history,
    "refresh": refresh,
    "sub_refresh": refresh_subscription,
}
