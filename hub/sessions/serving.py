"""Serving a session over a streamed response, from its first request to its end, whichever side ends it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from hub.background import Background
from hub.core.asgi import WORK_EXTENSION, Receive, Scope
from hub.core.codes import CloseCode
from hub.core.wire import Payload
from hub.sessions.cross_origin import Headers
from hub.sessions.emulation import taking_posts
from hub.sessions.session import Session
from hub.sessions.streaming import StreamTransport

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
    served = _Served(session, scope)
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

    def __init__(self, session: Session, scope: Scope) -> None:
        self._session = session
        # Of hub.server: a drain waits for what is under way, which another server cannot see.
        self._tell_server = scope.get("extensions", {}).get(WORK_EXTENSION)
        self._is_ending = False

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something for the session beside the stream."""
        task = _background.spawn(work, "hub-stream")
        if self._tell_server is not None:
            self._tell_server["begin"]()
            task.add_done_callback(lambda _: self._tell_server["end"]())

    def take(self, frame: Payload) -> None:
        """Have the session carry out the commands of a frame. It knows itself how many may wait."""
        self.run(self._session.receive(frame))

    def end(self) -> None:
        """End the session, since the server wants to."""
        if not self._is_ending:
            self._is_ending = True
            _background.spawn(self._session.disconnect(int(CloseCode.SHUTDOWN), "shutdown"), "hub-goodbye")
