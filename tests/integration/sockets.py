"""A client of the plain endpoints, connected to the site's ASGI application in the same process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from hub import tokens
from hub.core.types import JSONObject
from hub.database import shut_down
from hub.runtime import stop_runtime

#: Seconds in which an answer has to come on a slow machine.
TIMEOUT = 60.0


class Socket:
    """An open WebSocket."""

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator

    async def send(self, message: str | bytes) -> None:
        """Send a text or a binary message, of whatever content."""
        kind = "text" if isinstance(message, str) else "bytes"
        await self._communicator.send_input({"type": "websocket.receive", kind: message})

    async def cut(self) -> None:
        """Cancel the connection's coroutine, as a server that is killed does; it hears of no disconnect."""
        self._communicator.future.cancel()
        await asyncio.wait([self._communicator.future])

    async def receive(self) -> JSONObject:
        """Return the next message; those that tell who comes and goes are passed over."""
        while _tells_presence(message := json.loads(await self._communicator.receive_from(TIMEOUT))):
            pass
        result: JSONObject = message
        return result

    async def receive_presence(self) -> JSONObject:
        """Return the next event that tells who comes and goes; any other message is passed over."""
        while not _tells_presence(message := json.loads(await self._communicator.receive_from(TIMEOUT))):
            pass
        result: JSONObject = message
        return result

    async def close_code(self) -> int:
        """Return the code with which the server ends the connection; nothing may come before but who comes and goes."""
        while (output := await self._communicator.receive_output(TIMEOUT))["type"] == "websocket.send":
            assert _tells_presence(json.loads(output["text"])), output
        assert output["type"] == "websocket.close"
        code: int = output["code"]
        return code

    async def ending(self) -> int:
        """Return the code with which the server ends the connection; messages that come before are passed over."""
        while (output := await self._communicator.receive_output(TIMEOUT))["type"] != "websocket.close":
            pass
        code: int = output["code"]
        return code

    async def command(self, name: str, **data: Any) -> JSONObject:
        """Send a command, and return the reply; events that come before it are passed over."""
        await self._communicator.send_to(json.dumps({"id": "c1", "command": name, "data": data}))
        while "id" not in (message := await self.receive()):
            pass
        return message


def _tells_presence(message: JSONObject) -> bool:
    return str(message.get("type")).startswith("presence.")


@asynccontextmanager
async def connected(path: str, user: User) -> AsyncIterator[Socket]:
    """Open a WebSocket in the name of a user, and close it at the end."""
    # Imported late: it takes the settings of the running test.
    from asgi import application

    token = tokens.issue(user, timedelta(minutes=1))
    communicator = WebsocketCommunicator(application, path, headers=[(b"authorization", f"Bearer {token}".encode())])
    accepted, _ = await communicator.connect(TIMEOUT)
    assert accepted
    try:
        yield Socket(communicator)
    finally:
        if not communicator.future.done():
            await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
        await communicator.wait(TIMEOUT)


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    """Stop at the end what connections start in a process: its runtime, and the threads for the database."""
    try:
        yield
    finally:
        await stop_runtime()
        shut_down()
