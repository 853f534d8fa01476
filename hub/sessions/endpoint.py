"""An HTTP address beside Django: its methods, whose pages may use it, and the body of its requests, bounded."""

from collections.abc import Awaitable, Callable

from hub.core.asgi import Receive, Scope, Send
from hub.sessions.cross_origin import Headers, header, headers_for, is_allowed, preflight_headers, with_origin

#: Serves one request: the scope, the body's messages, where the answer goes, and headers that belong to any answer.
Serve = Callable[[Scope, Receive, Send, Headers], Awaitable[None]]

_PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


class Refused(Exception):
    """A request that gets no more than a status and a sentence.

    Arguments:
        status: of HTTP.
        reason: what was expected, and what came.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


#: The type of a body that is protobuf (protocol, section 3.2).
BINARY = "application/octet-stream"


def is_binary(scope: Scope) -> bool:
    """Say whether the body of a request is protobuf. Whatever else it is called, it is JSON."""
    return header(scope, b"content-type").partition(";")[0].strip().lower() == BINARY


class Gone(Exception):
    """The client has gone before its request was whole."""


class Endpoint:
    """The ASGI application of one address.

    Arguments:
        serve: answers a request of an allowed method and origin; may raise `Refused` as long as it has not answered.
        methods: that the address takes, besides OPTIONS.
    """

    def __init__(self, serve: Serve, *methods: str) -> None:
        self._serve = serve
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        allow = headers_for(scope)
        try:
            await self._answer(scope, receive, send, allow)
        except Refused as refused:
            more = [(b"allow", ", ".join([*self._methods, "OPTIONS"]).encode())] if refused.status == 405 else []
            await answer(send, refused.status, [*_PLAIN, *allow, *more], f"{refused.reason}\n".encode())
        except Gone:
            pass

    async def _answer(self, scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
        if not is_allowed(scope):
            raise Refused(403, "expected a page of this site or of HUBBUB_ALLOWED_ORIGINS")
        if scope["method"] == "OPTIONS":
            await answer(send, 204, [*allow, *preflight_headers(self._methods)])
            return
        if scope["method"] not in self._methods:
            raise Refused(405, f"expected {' or '.join(self._methods)}, got {scope['method'][:20]}")
        await self._serve(with_origin(scope), receive, send, allow)


async def answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Send a whole answer."""
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the body of a request.

    Arguments:
        limit: most bytes of it.
    Raises:
        Refused: 413, it is larger.
        Gone: it did not come to its end.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise Refused(413, f"expected a body of up to {limit} bytes")
    return body
