"""Serving a session over a streamed response, from its first request to its end, whichever side ends it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from hub.background import Background
from hub.core.asgi import Receive, Scope
from hub.core.codes import CloseCode
from hub.core.wire import Payload
from hub.sessions.cross_origin import Headers
from hub.sessions.emulation import taking_posts
from hub.sessions.session import Session
from hub.sessions.streaming import StreamTransport

#: Seconds that what a client has asked for may still take when the server wants its stream to end.
COMMAND_PATIENCE = 3.0

# What a client has asked for is carried out, also where it goes away meanwhile.
_background = Background()


class Opening(NamedTuple):
    """How a stream begins."""

    #: Of the response, besides those of any stream.
    headers: Headers
    #: Bytes of the body before the first message.
    first: bytes
    #: Tells the session what its client has sent with the request.
    begin: Callable[[Session], Coroutine[Any, Any, None]]


async def serve(transport: StreamTransport, scope: Scope, receive: Receive, opening: Opening) -> None:
    """Serve a session until its stream is over.

    Arguments:
        transport: of the response.
        scope, receive: of the request (ASGI); its body was read already.
    """
    session = Session(transport, scope)
    served = _Served(session)
    try:
        await transport.open(opening.headers, opening.first, served.end)
        served.run(opening.begin(session))
        if transport.emulated:
            with taking_posts(session.session, served.take):
                await _until_over(transport, receive)
        else:
            await _until_over(transport, receive)
    finally:
        await session.closed()


async def _until_over(transport: StreamTransport, receive: Receive) -> None:
    """Wait until the client has gone, or the response is at its end."""
    task = asyncio.current_task()
    was_cut = False

    def cut() -> None:
        nonlocal was_cut
        was_cut = True
        if task is not None:
            task.cancel()

    # Any server drops a connection whose application leaves a response unfinished.
    transport.cut = transport.cut or cut
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        if not was_cut:
            raise


class _Served:
    """A session, and what is under way for it beside the stream."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_ending = False

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something for the session beside the stream."""
        task = _background.spawn(work, "hub-stream")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def take(self, frame: Payload) -> None:
        """Have the session carry out the commands of a frame. It knows itself how many may wait."""
        self.run(self.session.receive(frame))

    def end(self) -> None:
        """End the session, since the server wants to; what was asked for before is answered first."""
        if not self._is_ending:
            self._is_ending = True
            _background.spawn(self._say_goodbye(), "hub-goodbye")

    async def _say_goodbye(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=COMMAND_PATIENCE)
        await self.session.disconnect(int(CloseCode.SHUTDOWN), "shutdown")
