"""The wire of a WebSocket: frames in and out, flow control both ways, and an end in order and in bounded time.

One object of some hundred bytes for each client: what only a few need just now is made when they need it.
"""

from enum import Enum
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IProtocol
from zope.interface import implementer

from hub.core.asgi import Message
from hub.core.frames import close_frame, ping_frame, pong_frame
from hub.core.websocket import Close, Event, Parser, Ping, Violation
from hub.server.ending import stop_sending
from hub.server.flow import WriteFlow, limit_unsent, send_promptly
from hub.server.heartbeat import Heartbeat
from hub.server.liveness import holds_back, peer_is_gone, socket_of
from hub.server.refusal import Refusal
from hub.server.writing import write_at_once

if TYPE_CHECKING:
    from hub.server.serving import FlowServer

#: What a close frame without a code stands for, and the end of a connection without any (RFC 6455, 7.4.1).
NO_CODE, ABNORMAL = 1005, 1006
#: Bytes that a client may send before its handshake is answered. (It should send none: RFC 6455, 4.1.)
EARLY_LIMIT = 65_536


class State(Enum):
    """How far a connection is."""

    CONNECTING = "the handshake was read, and is not answered yet"
    OPEN = "messages go both ways"
    CLOSING = "the server has said goodbye"
    CLOSED = "nothing goes either way any more"


CONNECTING, OPEN, CLOSING, CLOSED = State


@implementer(IProtocol)
class Connection(WriteFlow):
    """One client. Subclasses say what becomes of its messages, and of its end.

    Arguments:
        server: knows the limits, and keeps the deadlines of all connections.
        transport: Twisted's, over which the handshake has come.
    """

    __slots__ = (
        "_deaf",
        "_early",
        "_left_with",
        "_parser",
        "_unanswered",
        "heartbeat",
        "server",
        "state",
        "transport",
    )

    def __init__(self, server: "FlowServer", transport: Any) -> None:
        super().__init__()
        self.server = server
        self.transport = transport
        self.state = CONNECTING
        self.heartbeat = Heartbeat(server.ping_interval, server.ping_timeout)
        # From the answer to the handshake on; what comes before is kept.
        self._parser: Parser | None = None
        self._early = b""
        # Whether no more is read from the client just now.
        self._deaf = False
        # The last ping that waits for its pong, while the client does not read.
        self._unanswered: bytes | None = None
        self._left_with = ABNORMAL

    def makeConnection(self, transport: Any) -> None:  # Twisted's name
        """Take over the transport from whoever has read the handshake."""
        connection = socket_of(transport)
        limit_unsent(connection)
        send_promptly(connection)
        transport.registerProducer(self, True)

    # What comes

    def dataReceived(self, data: bytes) -> None:  # Twisted's name
        """Take bytes of the client."""
        self.heartbeat.hear()
        if self._parser is None:
            self._keep(data)
            return
        for event in self._parser.feed(data):
            self._take(event)

    def _keep(self, data: bytes) -> None:
        if self.state is CONNECTING:
            self._early += data
            if len(self._early) > EARLY_LIMIT:
                self.cut_off()

    def _take(self, event: Event) -> None:
        kind = type(event)
        if self.state is CLOSED:
            return
        if isinstance(event, str | bytes):
            # Whoever has said goodbye hears no more messages.
            if self.state is OPEN:
                self.receive({"type": "websocket.receive", "text" if kind is str else "bytes": event})
        elif isinstance(event, Ping):
            self._answer(event.payload)
        elif isinstance(event, Close):
            self._part(event)
        elif isinstance(event, Violation):
            self._fail(event)

    def _answer(self, payload: bytes) -> None:
        """Answer a ping; of many that come while the client does not read, the last one (RFC 6455, 5.5.3)."""
        if self.paused:
            self._unanswered = payload
        elif self.state is OPEN:
            self._write(pong_frame(payload))

    def drained(self) -> None:
        """Answer the ping that has waited for it."""
        if self._unanswered is not None:
            payload, self._unanswered = self._unanswered, None
            self._answer(payload)

    def pause_reading(self) -> None:
        """Read no more from the client, so that TCP holds it back; its goodbye is always read."""
        if self.state in {CONNECTING, OPEN}:
            self._deaf = True
            self.transport.pauseProducing()

    def resume_reading(self) -> None:
        """Read on."""
        self._deaf = False
        if self.transport.connected:
            self.transport.resumeProducing()

    # What goes

    def open(self, answer: bytes) -> None:
        """Answer the handshake, and take in what has come since."""
        self._write(answer)
        self.state = OPEN
        server = self.server
        self._parser = Parser(server.websocket_max_frame_size, server.websocket_max_message_size)

    def take_early(self) -> None:
        """Take in what came before the connection was open."""
        early, self._early = self._early, b""
        if early:
            self.dataReceived(early)

    def write(self, frames: bytes) -> bool:
        """Send complete frames. Returns False, and sends nothing, while the connection does not take them."""
        if self.state is not OPEN or self.paused:
            return False
        write_at_once(self.transport, frames)
        return True

    def _write(self, data: bytes) -> None:
        write_at_once(self.transport, data)

    # The end

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye, where it was not said yet, and wait for the client to do so."""
        if self.state is OPEN:
            self._write(close_frame(code, reason))
            self.state = CLOSING
            self.server.closing.start(self)
            self.resume_reading()

    def _part(self, goodbye: Close) -> None:
        """Answer the client's goodbye, or take it for the answer to ours."""
        self._left_with = NO_CODE if goodbye.code is None else goodbye.code
        if self.state is OPEN:
            # The same code comes back (RFC 6455, 5.5.1); nothing does where ours was first.
            self._write(close_frame(goodbye.code, goodbye.reason))
        self._drop()

    def _fail(self, violation: Violation) -> None:
        """Tell a client what it has done wrong, and listen to it no more (RFC 6455, 7.1.7)."""
        if self.state is not OPEN:
            self._drop()
            return
        self._write(close_frame(violation.code, violation.reason))
        self.state = CLOSING
        self.stopProducing()
        # A server does not wait for the answer of such a client (RFC 6455, 7.1.1).
        stop_sending(self.transport)
        self.server.closing.start(self)

    def refuse(self, refusal: Refusal) -> None:
        """Refuse the handshake."""
        self._write(refusal.encode())
        self._drop()

    def _drop(self) -> None:
        """End the connection. What was written goes out first, for which the client has to read it."""
        self.state = CLOSED
        self._let_go()
        # Not by a reset, which could take our close frame from a client that has not read it yet.
        self.transport.loseConnection()
        self.server.closing.start(self)

    def cut_off(self) -> None:
        """End the connection at once."""
        self.state = CLOSED
        self._let_go()
        self.transport.abortConnection()

    def _let_go(self) -> None:
        # Whoever waits to write must not wait any more, and while there is a producer nothing ends.
        self.stopProducing()
        self.transport.unregisterProducer()

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of everything."""
        self.state = CLOSED
        self.stopProducing()
        self.server.closing.stop(self)
        self._early = b""
        self.end(self._left_with)

    # Whether it is there

    def check_heartbeat(self) -> None:
        """Ask a client that was not heard of for long, and let go of one that does not answer (P4)."""
        if not (self.paused or self.heartbeat.is_due or self.heartbeat.is_overdue):
            return
        connection = socket_of(self.transport)
        if self.paused or self._deaf or holds_back(connection):
            # Its pong would come behind all it has not read, or that we have not: only TCP can tell whether it is
            # still there.
            self.heartbeat.hear()
            if peer_is_gone(connection):
                self.cut_off()
        elif self.heartbeat.is_overdue:
            self.cut_off()
        else:
            self.heartbeat.ask()
            self._write(ping_frame())

    # What subclasses say

    def receive(self, message: Message) -> None:
        """Take a message of the client."""
        raise NotImplementedError

    def end(self, code: int) -> None:
        """Take note that the connection is over.

        Arguments:
            code: that the client has left with.
        """
        raise NotImplementedError
