"""The HTTP addresses of sessions, which are served beside Django: it knows no response without an end."""

from hub.core.asgi import Application, Receive, Scope, Send
from hub.sessions.emulation import emulation
from hub.sessions.http_streams import http_stream, sse, uni_http_stream, uni_sse
from hub.sessions.switches import is_open

ADDRESSES: dict[str, Application] = {
    "/connection/http_stream": http_stream,
    "/connection/sse": sse,
    "/connection/uni_http_stream": uni_http_stream,
    "/connection/uni_sse": uni_sse,
    "/emulation": emulation,
}


class SessionRouter:
    """Serves the requests of sessions, and leaves all others to the site.

    Arguments:
        site: the ASGI application of all other addresses.
    """

    def __init__(self, site: Application) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        application = ADDRESSES.get(path, self._site) if is_open(path) else self._site
        await application(scope, receive, send)
