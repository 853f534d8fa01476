"""An ASGI application for tests of the server: it says over the socket what it was told of it.

/frames  writes numbered frames of 1,000 characters by the server's extension until the client takes no more, then
         sends "full" as a message, and one frame more
/        sends its scope
"""

import json
from itertools import count
from typing import Any

from hub.core.asgi import Receive, Scope, Send
from hub.core.frames import text_frame


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection (ASGI)."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
    if scope["path"] == "/frames":
        write = scope["extensions"]["hubbub.frames"]["write"]
        number = next(number for number in count() if not write(text_frame(f"{number:1000}")))
        print("full", number, flush=True)
        await send({"type": "websocket.send", "text": "full"})
        print("drained", write(text_frame("the end")), flush=True)
    else:
        await send({"type": "websocket.send", "text": json.dumps(scope, default=_encode)})
    while (await receive())["type"] != "websocket.disconnect":
        pass
    if scope["path"] == "/frames":
        print("gone", write(text_frame("late")), flush=True)


def _encode(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else type(value).__name__
