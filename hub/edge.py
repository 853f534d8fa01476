"""The outermost layer of the ASGI application: what holds for every connection before anyone looks at it."""

from django.conf import settings

from hub.core.asgi import Application, Receive, Scope, Send
from hub.runtime import get_dispatcher


class SiteMiddleware:
    """Starts the process's dispatcher with the first connection, and believes no client about the site's root.

    Arguments:
        application: the ASGI application of the site.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        # Daphne takes the root path from a header that any client can send, and with it every URL that is built.
        scope["root_path"] = settings.FORCE_SCRIPT_NAME or ""
        await get_dispatcher()
        await self._application(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a socket on a path where there is none, before it is accepted (403)."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})
