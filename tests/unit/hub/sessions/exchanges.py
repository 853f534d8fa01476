"""What stands for a server: a request of HTTP, the messages of its body, and what is answered."""

import asyncio
from typing import Any

from hub.core.asgi import STREAM_EXTENSION, WORK_EXTENSION, Application, Message, Scope

#: Seconds in which anything has to happen on a slow machine.
PATIENCE = 60.0


def scope_of(method: str = "GET", path: str = "/connection/sse", query: str = "", **headers: str) -> Scope:
    """Return the scope of a request. A `_` in a header's name stands for `-`."""
    given = {"host": "testserver"} | headers
    return {
        "type": "http",
        "method": method,
        "scheme": "https",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }


class Exchange:
    """One request, and what is answered to it.

    Arguments:
        scope: of the request.
        body: its pieces; each comes in a message of its own.
    """

    def __init__(self, scope: Scope, *body: bytes) -> None:
        self.scope = scope
        #: What the application has sent.
        self.sent: list[Message] = []
        #: Whether the client reads; a server with flow control lets the application wait.
        self.reads = asyncio.Event()
        self.reads.set()
        #: What the application says of its stream, where the server takes streams.
        self.on_end: Any = None
        #: How much it says it is at, beside what it asks for.
        self.work = 0
        self.was_cut = False
        self.has_room = True
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        pieces = body or (b"",)
        for number, piece in enumerate(pieces, 1):
            more = number < len(pieces)
            self._incoming.put_nowait({"type": "http.request", "body": piece, "more_body": more})
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    def take_streams(self) -> None:
        """Be a server that knows responses without an end."""
        tools = {"open": self._open, "write": self._write, "cut": self._cut}
        work = {"begin": self._begin_work, "end": self._end_work}
        self.scope["extensions"] = {STREAM_EXTENSION: tools, WORK_EXTENSION: work}

    def begin(self, application: Application) -> None:
        """Have an application serve the request."""
        self.task = asyncio.ensure_future(application(self.scope, self._incoming.get, self._send))

    async def over(self) -> None:
        """Wait until the application is done with it."""
        assert self.task is not None
        async with asyncio.timeout(PATIENCE):
            await self.task

    async def run(self, application: Application) -> None:
        """Have an application serve the request to its end."""
        self.begin(application)
        await self.over()

    def leave(self) -> None:
        """Go away, as a client does."""
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def said(self, text: str) -> None:
        """Wait until the body holds a text."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: text in self.body)

    @property
    def status(self) -> int:
        """Of the answer."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> str:
        """What has come of the answer's body."""
        return b"".join(message["body"] for message in self.sent[1:]).decode()

    @property
    def is_whole(self) -> bool:
        """Whether the answer has come to its end."""
        return bool(self.sent) and not self.sent[-1].get("more_body", self.sent[-1]["type"] == "http.response.start")

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        await self._keep(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.leave()

    async def _keep(self, message: Message) -> None:
        self.sent.append(message)
        async with self._changed:
            self._changed.notify_all()

    def _open(self, on_end: Any) -> bool:
        self.on_end = on_end
        return self.has_room

    def _write(self, body: bytes) -> bool:
        if not self.reads.is_set():
            return False
        self.sent.append({"type": "http.response.body", "body": body, "more_body": True})
        return True

    def _begin_work(self) -> None:
        self.work += 1

    def _end_work(self) -> None:
        self.work -= 1

    def _cut(self) -> None:
        self.was_cut = True
        self.leave()
