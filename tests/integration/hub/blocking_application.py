"""An ASGI application that keeps a thread busy for minutes, as work in a database does that waits for a lock.

/block   keeps one of the event loop's threads busy, and does not answer
/        answers
A socket is accepted, and read until the client has gone.
"""

import asyncio
import time

from hub.core.asgi import Receive, Scope, Send

MINUTES = 300.0


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection (ASGI)."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    if scope["path"] == "/block":
        asyncio.get_running_loop().run_in_executor(None, _block)
        await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def _block() -> None:
    print("blocked", flush=True)
    time.sleep(MINUTES)
