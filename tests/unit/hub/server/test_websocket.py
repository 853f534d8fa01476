"""A WebSocket and its application, over a transport that only remembers."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.task import Clock

from hub.core.asgi import FRAMES_EXTENSION, Message, Scope, Send
from hub.core.frames import close_frame, text_frame
from hub.core.websocket import Parser
from hub.server.connection import State
from hub.server.deadline import Deadlines
from hub.server.flow import Inbox
from hub.server.handshake import Head
from hub.server.websocket import WebSocket, open_websocket

PATIENCE = 5.0
HEAD = Head(
    b"GET",
    b"/ws/one%20two/?since=0",
    b"HTTP/1.1",
    {
        b"host": [b"localhost"],
        b"sec-websocket-key": [b"dGhlIHNhbXBsZSBub25jZQ=="],
        b"sec-websocket-protocol": [b"one, two"],
        b"x-twice": [b"a", b"b"],
        b"x_under": [b"1"],
        b"daphne-root-path": [b"/evil"],
    },
)


class Transport:
    """A transport without a network; its socket is one of a pair."""

    connected = True

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.written = b""
        self.aborted = False
        self.getPeer = self.getHost = lambda: None
        self.unregisterProducer = self.pauseProducing = self.resumeProducing = lambda: None
        self.loseConnection = self.loseWriteConnection = lambda: None

    def getHandle(self) -> socket.socket:  # Twisted's name
        return self._connection

    def fileno(self) -> int:
        return self._connection.fileno()

    def registerProducer(self, producer: object, streaming: bool) -> None:  # Twisted's name
        assert streaming

    def write(self, data: bytes) -> None:
        self.written += data

    def abortConnection(self) -> None:  # Twisted's name
        self.aborted = True


class Server:
    """What a WebSocket needs of its server."""

    ping_interval, ping_timeout, websocket_timeout, websocket_handshake_timeout = 20, 30, -1, 5
    websocket_max_frame_size = websocket_max_message_size = 1_000
    root_path, server_name, action_logger, proxy_forwarded_address_header = "", "", None, None

    def __init__(self) -> None:
        self.clock = Clock()
        later, seconds = self.clock.callLater, self.clock.seconds
        self.closing = Deadlines[WebSocket](PATIENCE, WebSocket.cut_off, later, seconds)
        self.opening = Deadlines[WebSocket](PATIENCE, WebSocket.refuse_late, later, seconds)
        self.connections: dict[Any, Any] = {}
        self.scope: Scope = {}

    def protocol_connected(self, protocol: Any) -> None:
        self.connections[protocol] = {}

    def protocol_disconnected(self, protocol: Any) -> None:
        self.connections[protocol]["disconnected"] = True

    def start_application(self, protocol: Any, scope: Scope, send: Send) -> Inbox:
        self.scope = scope
        return Inbox(10, 10_000, protocol.pause_reading, protocol.resume_reading)


@pytest.fixture
def transport() -> Iterator[Transport]:
    here, there = socket.socketpair()
    with here, there:
        yield Transport(here)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def opening(server: Any, transport: Transport) -> WebSocket:
    """A WebSocket whose application has not answered yet."""
    return open_websocket(server, transport, HEAD)


@pytest.fixture
def talking(opening: WebSocket, transport: Transport) -> WebSocket:
    """One that is open."""
    opening.handle_reply({"type": "websocket.accept"})
    transport.written = b""
    return opening


def masked(frame: bytes) -> bytes:
    """Return a short frame of the server's as a client would send it."""
    return frame[:1] + bytes((frame[1] | 0x80,)) + bytes(4) + frame[2:]


async def heard(connection: WebSocket, count: int) -> list[Message]:
    """Return what the application is told."""
    assert connection.inbox is not None
    return [await asyncio.wait_for(connection.inbox.get(), 60) for _ in range(count)]


def test_the_scope_says_what_was_asked_for(opening: WebSocket, server: Server) -> None:
    scope = server.scope
    assert (scope["path"], scope["raw_path"]) == ("/ws/one two/", b"/ws/one%20two/")
    assert (scope["query_string"], scope["subprotocols"]) == (b"since=0", ["one", "two"])
    headers = dict(scope["headers"])
    assert headers[b"x-twice"] == b"a,b"
    assert {b"x_under", b"daphne-root-path"}.isdisjoint(headers)


@pytest.mark.parametrize("headers", [[], [(b"x-one", b"1")]])
@pytest.mark.parametrize("state", [State.CLOSED, State.CLOSING, State.OPEN])
def test_an_answer_that_comes_too_late_does_not_open_the_connection(
    opening: WebSocket, transport: Transport, state: State, headers: list[tuple[bytes, bytes]]
) -> None:
    opening.state = state
    opening.handle_reply({"type": "websocket.accept", "headers": headers})
    assert transport.written == b""
    opening.state = State.CONNECTING
    opening.handle_reply({"type": "websocket.accept", "headers": headers})
    assert transport.written.startswith(b"HTTP/1.1 101 ")


def test_all_that_the_application_adds_to_its_answer_goes_out(opening: WebSocket, transport: Transport) -> None:
    headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    opening.handle_reply({"type": "websocket.accept", "subprotocol": "two", "headers": headers})
    lines = transport.written.split(b"\r\n")
    assert {b"set-cookie: a=1", b"set-cookie: b=2", b"Sec-WebSocket-Protocol: two"} <= set(lines)


@pytest.mark.parametrize(
    "answer",
    [{"subprotocol": "three"}, {"headers": [(b"x-one", b"1\r\nx-two: 2")]}, {"headers": [(b"x-one\n", b"1")]}],
)
def test_an_answer_that_would_break_the_protocol_is_the_application_s_fault(
    opening: WebSocket, transport: Transport, answer: Message
) -> None:
    with pytest.raises(ValueError, match="expected"):
        opening.handle_reply({"type": "websocket.accept", **answer})
    assert transport.written == b""
    opening.handle_exception(ValueError())
    assert transport.written.startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "websocket.send"},
        {"type": "websocket.send", "text": "a", "bytes": b"b"},
        {"type": "websocket.close", "code": 1006},
    ],
)
def test_a_message_that_is_none_is_the_application_s_fault(talking: WebSocket, message: Message) -> None:
    with pytest.raises(ValueError, match="expected"):
        talking.handle_reply(message)


def test_nothing_is_sent_before_the_connection_is_accepted(opening: WebSocket) -> None:
    with pytest.raises(ValueError, match="accept"):
        opening.handle_reply({"type": "websocket.send", "text": "a"})
    assert not opening.write(text_frame("a"))


def test_frames_are_written_while_the_connection_takes_them(
    talking: WebSocket, server: Server, transport: Transport
) -> None:
    write = server.scope["extensions"][FRAMES_EXTENSION]["write"]
    assert write(text_frame("one"))
    talking.pauseProducing()
    assert not write(text_frame("two"))
    talking.resumeProducing()
    assert write(text_frame("three"))
    assert transport.written == text_frame("one") + text_frame("three")
    talking.close(1000)
    assert not write(text_frame("four"))


async def test_a_message_waits_until_the_connection_takes_more_and_a_close_does_not(
    talking: WebSocket, transport: Transport
) -> None:
    talking.pauseProducing()
    waiting = asyncio.create_task(talking.send({"type": "websocket.send", "text": "a"}))
    await asyncio.sleep(0)
    assert (waiting.done(), transport.written) == (False, b"")
    await talking.send({"type": "websocket.close", "code": 4000})
    assert transport.written == close_frame(4000)
    talking.resumeProducing()
    await asyncio.wait_for(waiting, 60)
    assert transport.written == close_frame(4000), "nothing is sent after the goodbye"


def test_of_many_pings_the_last_is_answered_once_the_client_reads(talking: WebSocket, transport: Transport) -> None:
    talking.pauseProducing()
    talking.dataReceived(masked(b"\x89\x01a") + masked(b"\x89\x01b"))
    assert transport.written == b""
    talking.resumeProducing()
    assert transport.written == b"\x8a\x01b"


async def test_what_comes_early_is_heard_after_the_connect(opening: WebSocket) -> None:
    opening.dataReceived(masked(text_frame("early"))[:5])
    opening.dataReceived(masked(text_frame("early"))[5:])
    assert await heard(opening, 1) == [{"type": "websocket.connect"}]
    opening.handle_reply({"type": "websocket.accept"})
    assert await heard(opening, 1) == [{"type": "websocket.receive", "text": "early"}]


def test_a_client_that_does_not_answer_the_goodbye_is_cut_off(
    talking: WebSocket, server: Server, transport: Transport
) -> None:
    talking.close(4000)
    server.clock.advance(PATIENCE - 0.1)
    assert not transport.aborted
    server.clock.advance(0.2)
    assert (transport.aborted, talking.state) == (True, State.CLOSED)


async def test_the_application_hears_how_its_client_has_left(talking: WebSocket) -> None:
    await heard(talking, 1)
    talking.close(4000)
    talking.dataReceived(masked(text_frame("late")) + masked(close_frame(4000)))
    talking.connectionLost(None)
    assert await heard(talking, 1) == [{"type": "websocket.disconnect", "code": 4000}]


async def test_a_client_that_says_nothing_has_left_with_1006(talking: WebSocket) -> None:
    await heard(talking, 1)
    talking.connectionLost(None)
    assert await heard(talking, 1) == [{"type": "websocket.disconnect", "code": 1006}]


def test_the_answer_to_a_violation_is_a_close_frame_that_says_why(talking: WebSocket, transport: Transport) -> None:
    talking.dataReceived(b"\x81\x01a")
    [goodbye] = Parser().feed(masked(transport.written))
    assert goodbye == (1002, "expected a frame with a mask")
