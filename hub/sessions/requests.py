"""What a connected client asks for, besides to read: each command is carried out and answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from hub.commands import Request, carry_out, committed
from hub.core.asgi import WORK_EXTENSION
from hub.core.codes import CloseCode
from hub.core.errors import BadRequest, MethodNotFound, NotAvailable
from hub.core.protocol import Command, Disconnect
from hub.core.session import channel_of
from hub.core.types import JSONObject
from hub.database import in_database
from hub.namespaces import namespaces
from hub.pipeline import Pipeline

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
            self._session.limit_commands()
            if (request := self._together(command)) is not None:
                await self._begin(command, request)
                return
            await self.others_answered()
            result = await _METHODS[command.method](self, command)
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
        if command.method not in ("publish", "rpc"):
            return None
        request = self._request(command)
        return request if namespaces.runs_together(request.stream, request.name) else None

    def _request(self, command: Command) -> Request:
        if command.method == "publish":
            stream, name, data = channel_of(command), "publish", {"data": command.request.get("data")}
        else:
            stream, name, data = _called(command)
        return Request(self._session.credential, stream, name, data)

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

    async def _run(self, command: Command) -> JSONObject:
        return _told(command, await in_database(carry_out, self._request(command)))

    async def _unsubscribe(self, command: Command) -> JSONObject:
        if self._session.state.unsubscribe(command):
            self._session.subscriptions.end(command.request["channel"])
        return {}

    async def _ping(self, command: Command) -> JSONObject:
        return {}

    async def _send(self, command: Command) -> JSONObject:
        raise Disconnect(CloseCode.NOT_AVAILABLE)

    async def _not_available(self, command: Command) -> JSONObject:
        raise NotAvailable


_METHODS: dict[str, Callable[[Requests, Command], Awaitable[JSONObject]]] = {
    "publish": Requests._run,
    "rpc": Requests._run,
    "unsubscribe": Requests._unsubscribe,
    "ping": Requests._ping,
    "send": Requests._send,
    "presence": Requests._not_available,
    "presence_stats": Requests._not_available,
    "history": Requests._not_available,
    "refresh": Requests._not_available,
    "sub_refresh": Requests._not_available,
}


def _called(command: Command) -> tuple[str, str, JSONObject]:
    """Return the stream, the name and the data of the command of a namespace that an `rpc` is.

    Raises:
        MethodNotFound, BadRequest: it is none.
    """
    name: str = command.request.get("method", "")
    data: Any = command.request.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("stream"), str):
        if not namespaces.knows_command(name):
            raise MethodNotFound(f"there is no command {name[:40]!r}")
        raise BadRequest('expected data with the name of a stream as "stream"')
    return data["stream"], name, {key: value for key, value in data.items() if key != "stream"}


def _told(command: Command, result: JSONObject) -> JSONObject:
    return {"data": result} if command.method == "rpc" else {}
