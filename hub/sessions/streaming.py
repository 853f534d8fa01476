"""A streamed response as a transport: what the server says is its body, which ends with a push that says why."""

import asyncio
from collections.abc import Callable

from hub.core.asgi import STREAM_EXTENSION, Scope, Send
from hub.core.protocol import Codec
from hub.core.wire import Payload
from hub.sessions.cross_origin import Headers
from hub.sessions.endpoint import Refused

#: Seconds that a client gets to take the words that its stream ends with.
LAST_WORDS = 0.5

#: What keeps browsers and proxies from keeping a stream, or waiting for its end before they pass it on.
_UNBUFFERED: Headers = [
    (b"cache-control", b"private, no-cache, no-store, must-revalidate, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class StreamTransport:
    """One streamed response to one client.

    Arguments:
        codec: writes the messages; its frames are pieces of a body.
        scope, send: of the request (ASGI).
        unidirectional: whether the client sends nothing beside it.
    """

    native_pings = False

    def __init__(self, codec: Codec, scope: Scope, send: Send, *, unidirectional: bool) -> None:
        self.codec = codec
        self.unidirectional = unidirectional
        self.emulated = not unidirectional
        # Of hub.server. Any other server takes messages only.
        tools = scope.get("extensions", {}).get(STREAM_EXTENSION, {})
        self.write: Callable[[bytes], bool] | None = tools.get("write")
        self._open: Callable[[Callable[[], None]], bool] | None = tools.get("open")
        #: Ends the connection at once. What serves the stream says how, where the server does not.
        self.cut: Callable[[], object] | None = tools.get("cut")
        self._send = send
        #: Whether nothing more is said.
        self.is_ended = False

    async def open(self, headers: Headers, first: bytes, on_end: Callable[[], None]) -> None:
        """Begin the response.

        Arguments:
            headers: besides those of any stream.
            first: bytes that the body begins with.
            on_end: called when the server wants the stream to end.
        Raises:
            Refused: 503, the server has no room for it.
        """
        if self._open is not None and not self._open(on_end):
            # To come back is right: another process may have room, and this one in a moment.
            raise Refused(503, "too many connections")
        await self._send({"type": "http.response.start", "status": 200, "headers": [*_UNBUFFERED, *headers]})
        # Also where there is none: the client has to know at once that it is let in.
        await self._send_body(first)

    async def send(self, message: Payload) -> None:
        """Send a message; waits while the client does not read. Where it has gone, nothing happens."""
        if not self.is_ended:
            await self._send_body(self.codec.frame(message))

    async def close(self, code: int, reason: str) -> None:
        """End the stream by a push that says why; cut it off where the client does not read that."""
        if self.is_ended:
            return
        self.is_ended = True
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._send_body(self.last_words(code, reason), more=False)
        except TimeoutError:
            if self.cut is not None:
                self.cut()

    def last_words(self, code: int, reason: str) -> bytes:
        """Return the push that a stream ends with."""
        push = self.codec.push("disconnect", {"code": code, "reason": reason}, bare=self.unidirectional)
        return self.codec.frame(push)

    async def _send_body(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
