"""Clients of streamed responses, over real connections to real servers."""

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from hub.core.types import JSONObject
from tests.integration.hub.wire import Wire, request
from tests.programs import Server
from tests.unit.hub.sessions.reading import ServerSent, events_of
from tests.visitors import Visitor


class Stream:
    """One streamed response.

    Arguments:
        path: with its query.
        body: what is posted; without one it is a GET.
        room: bytes that the system takes in before anybody reads, where it must not be many.
    """

    def __init__(
        self, server: Server, path: str, body: str | None = None, *, room: int | None = None, **headers: str
    ) -> None:
        self.wire = Wire(server, room=room)
        given = headers if body is None else {"Content-Length": str(len(body.encode())), **headers}
        self.wire.send(request("GET" if body is None else "POST", path, **given) + (body or "").encode())
        self.status, self.headers = self.wire.head()
        self._is_of_events = self.headers["content-type"].startswith("text/event-stream")
        #: What has come of the body.
        self.text = ""
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.wire.socket.close()

    @property
    def events(self) -> list[ServerSent]:
        """The whole events, or lines, that have come."""
        if self._is_of_events:
            return events_of(self.text)
        return [ServerSent(line, "") for line in self.text.split("\n")[:-1]]

    def next(self) -> tuple[JSONObject, str]:
        """Return the next message, and the id of its event."""
        while len(self.events) <= self._read:
            piece = self.wire.chunk()
            assert piece, f"the stream is at its end after {self.text[-400:]!r}"
            self.text += piece.decode()
        event = self.events[self._read]
        self._read += 1
        return json.loads(event.data), event.last_id

    def next_that(self, wanted: Callable[[JSONObject], bool]) -> tuple[JSONObject, str]:
        """Return the next message that is wanted, and the id of its event; others are passed over."""
        while True:
            message, event_id = self.next()
            if wanted(message):
                return message, event_id

    def next_with(self, text: str) -> JSONObject:
        """Return the next message that holds a text; others are passed over."""
        return self.next_that(lambda message: text in json.dumps(message))[0]

    def reply(self, command_id: int) -> JSONObject:
        """Return the reply to a command; others are passed over."""
        return self.next_that(lambda message: message.get("id") == command_id)[0]

    def publication(self, wanted: str) -> tuple[JSONObject, str]:
        """Return the publication whose data hold a text, and the id of its event; others are passed over."""
        message, event_id = self.next_that(lambda message: wanted in json.dumps(push_of(message).get("pub", {})))
        publication: JSONObject = push_of(message)["pub"]
        return publication, event_id

    def disconnect_code(self) -> int:
        """Wait until the server ends it in order, and return the code that it says; others are passed over."""
        message, _ = self.next_that(lambda message: "disconnect" in push_of(message))
        assert self.wire.chunk() == b"", "expected the end behind the last words"
        code: int = push_of(message)["disconnect"]["code"]
        return code


def push_of(message: JSONObject) -> JSONObject:
    """Return what a push says, with or without anything around it."""
    push: JSONObject = message.get("push", message)
    return push


def connecting(token: str, *streams: str) -> str:
    """Return the commands by which a client connects and subscribes, its ids 1, 2 …"""
    commands: list[JSONObject] = [{"id": 1, "connect": {"token": token}}]
    commands += [{"id": number, "subscribe": {"channel": name}} for number, name in enumerate(streams, 2)]
    return "\n".join(map(json.dumps, commands))


def sse_path(token: str, *streams: str) -> str:
    """Return the address at which an EventSource connects and subscribes."""
    return "/connection/sse?" + urlencode({"cf_connect": connecting(token, *streams)})


def uni_sse_path(token: str, *streams: str) -> str:
    """Return the address at which an EventSource is told of streams, and needs no JSON."""
    return "/connection/uni_sse?" + urlencode([*(("stream", name) for name in streams), ("token", token)])


def post_beside(server: Server, connected: JSONObject, *commands: Any) -> int:
    """Post commands beside a stream, and return the status.

    Arguments:
        connected: the result of its connect.
    """
    data = "\n".join(map(json.dumps, commands))
    body: dict[str, object] = {"session": connected["session"], "node": connected["node"], "data": data}
    return Visitor(server.url).call("POST", "/emulation", body).status


def posting(command_id: int, body: str, stream: str = "chat:lobby") -> JSONObject:
    """Return the command by which somebody says something."""
    return {"id": command_id, "rpc": {"method": "message.post", "data": {"stream": stream, "body": body}}}
