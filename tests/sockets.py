"""A WebSocket client for tests of whole servers: it sends what a client should, and what none should."""

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any
from urllib.parse import urlsplit

import websocket

from hub.core.types import JSONObject
from tests.programs import PATIENCE


class Closed(Exception):
    """The server has closed the connection.

    Arguments:
        code: the close code; 1006 where it ended without a close frame (RFC 6455, 7.4.1).
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Refused(Exception):
    """The handshake was refused.

    Arguments:
        status: the HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with HTTP {status}")
        self.status = status


class Socket:
    """One connection.

    Arguments:
        site: the server's address, e.g. `http://127.0.0.1:8000`.
        path: e.g. `/ws/chat/lobby/`, with the query.
        headers: more headers of the handshake, e.g. `{"Authorization": "Bearer …"}`. Without an Origin there is none.
        room: bytes that the system takes in before anybody reads, where it must not be many.
    Raises:
        Refused: the server does not let it in.
    """

    def __init__(self, site: str, path: str, headers: dict[str, str] | None = None, *, room: int | None = None) -> None:
        parts = urlsplit(site)
        given = dict(headers or {})
        #: Events that came while something else was waited for.
        self.events: list[JSONObject] = []
        self._commands = 0
        # The library waits for a slow close handshake; a test says itself what it waits for.
        options = [] if room is None else [(SOL_SOCKET, SO_RCVBUF, room)]
        self.raw = websocket.WebSocket(sockopt=options)
        self.raw.settimeout(PATIENCE)
        try:
            self.raw.connect(  # type: ignore[no-untyped-call]
                f"ws://{parts.netloc}{path}",
                host=given.pop("Host", None),
                header=[f"{name}: {value}" for name, value in given.items()],
                suppress_origin=True,
                http_no_proxy=["*"],
            )
        except websocket.WebSocketBadStatusException as error:
            self.drop()
            raise Refused(error.status_code) from error

    def receive(self) -> JSONObject:
        """Return the next message.

        Raises:
            Closed: there is none; the server has closed.
        """
        while True:
            try:
                opcode, frame = self.raw.recv_data_frame(control_frame=True)
            except (ConnectionError, websocket.WebSocketConnectionClosedException) as error:
                self.drop()
                raise Closed(1006) from error
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                self.drop()
                raise Closed(struct.unpack("!H", frame.data[:2])[0] if frame.data else 1005)
            if opcode == websocket.ABNF.OPCODE_TEXT:
                message: JSONObject = json.loads(frame.data)
                return message

    def hello(self) -> JSONObject:
        """Return what the hello holds, which is the next message."""
        hello: JSONObject = self.receive()["hello"]
        return hello

    def receive_until(self, wanted: Callable[[JSONObject], bool]) -> JSONObject:
        """Return the next message that is wanted; events that come before it are kept in `events`."""
        while True:
            message = self.receive()
            if "type" in message:
                self.events.append(message)
            if wanted(message):
                return message

    def event(self, type: str) -> JSONObject:
        """Return the next event of a type; those that came while something else was waited for count."""
        while True:
            for index, event in enumerate(self.events):
                if event["type"] == type:
                    del self.events[: index + 1]
                    return event
            self.events.clear()
            self.receive_until(lambda message: message.get("type") == type)

    def send(self, message: str | bytes) -> None:
        """Send a text or a binary message."""
        opcode = websocket.ABNF.OPCODE_TEXT if isinstance(message, str) else websocket.ABNF.OPCODE_BINARY
        self.raw.send(message, opcode)

    def command(self, name: str, **data: Any) -> JSONObject:
        """Send a command, and return the reply."""
        self._commands += 1
        command_id = f"c{self._commands}"
        self.send(json.dumps({"id": command_id, "command": name, "data": data}))
        return self.receive_until(lambda message: message.get("id") == command_id)

    def close_code(self) -> int:
        """Wait until the server closes, and return the code; what comes before is passed over."""
        try:
            while True:
                self.receive()
        except Closed as closed:
            return closed.code

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.raw.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def opened(site: str, path: str, token: str, *, room: int | None = None) -> Iterator[Socket]:
    """Open a socket with a token, and cut it at the end."""
    socket = Socket(site, path, {"Authorization": f"Bearer {token}"}, room=room)
    try:
        yield socket
    finally:
        socket.drop()
