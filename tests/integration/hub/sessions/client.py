"""A client of the Centrifugo protocol, message by message, connected to the site's application in the same process."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from hub import tokens
from hub.core.types import JSONObject
from tests.integration.sockets import TIMEOUT

PATH = "/connection/websocket"


class Client:
    """An open connection."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self._messages: list[JSONObject] = []
        self._ids = 0

    async def send(self, *commands: JSONObject) -> None:
        """Send commands in one frame."""
        await self.send_text("\n".join(map(json.dumps, commands)))

    async def send_text(self, text: str) -> None:
        """Send a frame of whatever content."""
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def receive(self) -> JSONObject:
        """Return the next message."""
        while not self._messages:
            output = await self.communicator.receive_output(TIMEOUT)
            assert output["type"] == "websocket.send", output
            self._messages += [json.loads(line) for line in output["text"].split("\n")]
        return self._messages.pop(0)

    async def push(self) -> JSONObject:
        """Return the next push; nothing else may come before it."""
        message = await self.receive()
        push: JSONObject = message["push"]
        return push

    async def publication(self) -> JSONObject:
        """Return the publication of the next push."""
        pub: JSONObject = (await self.push())["pub"]
        return pub

    async def ask(self, method: str, /, **request: Any) -> JSONObject:
        """Send a command, and return its reply; pushes that come before it are passed over."""
        self._ids += 1
        await self.send({"id": self._ids, method: request})
        while (message := await self.receive()).get("id") != self._ids:
            pass
        return message

    async def done(self, method: str, /, **request: Any) -> JSONObject:
        """Send a command that has to be carried out, and return its result."""
        reply = await self.ask(method, **request)
        assert method in reply, reply
        result: JSONObject = reply[method]
        return result

    async def refused(self, method: str, /, **request: Any) -> int:
        """Send a command that has to be refused, and return the code of the error."""
        reply = await self.ask(method, **request)
        assert "error" in reply, reply
        code: int = reply["error"]["code"]
        return code

    async def close_code(self) -> int:
        """Return the code with which the server ends the connection; messages that come before are passed over."""
        while (output := await self.communicator.receive_output(TIMEOUT))["type"] != "websocket.close":
            assert output["type"] == "websocket.send"
        code: int = output["code"]
        return code


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(TIMEOUT):
        while not await condition():
            await asyncio.sleep(0.05)


def token_of(user: User) -> str:
    """Return a token of a user."""
    return tokens.issue(user, timedelta(minutes=1))


@asynccontextmanager
async def opened(query: str = "", headers: list[tuple[bytes, bytes]] | None = None) -> AsyncIterator[Client]:
    """Open a connection on which nothing was said yet, and close it at the end."""
    # Imported late: it takes the settings of the running test.
    from asgi import application

    communicator = WebsocketCommunicator(application, PATH + query, headers=headers or [])
    accepted, _ = await communicator.connect(TIMEOUT)
    assert accepted
    try:
        yield Client(communicator)
    finally:
        if not communicator.future.done():
            await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
        await communicator.wait(TIMEOUT)


@asynccontextmanager
async def connected(user: User) -> AsyncIterator[Client]:
    """Open a connection in the name of a user; it is connected when the block begins."""
    async with opened() as client:
        await client.done("connect", token=token_of(user))
        yield client
