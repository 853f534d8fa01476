"""A WebSocket connection: with flow control, and what Daphne leaves out of ASGI."""

from typing import Any, cast

from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory

from hub.core.asgi import Message
from hub.server.conformance import SENDABLE, StrictWebSocketProtocol
from hub.server.descriptors import has_room
from hub.server.flow import WriteFlow
from hub.server.heartbeat import Heartbeat
from hub.server.liveness import holds_back, peer_is_gone, socket_of

#: Longest reason of a close frame, in bytes (RFC 6455, 5.5.1: a control frame carries 125, two of them the code).
MAX_REASON = 123


class FlowWebSocketProtocol(StrictWebSocketProtocol):
    """One WebSocket."""

    flow: WriteFlow
    heartbeat: Heartbeat
    # Whether no more is read from the client just now.
    _deaf = False
    # Whether it was refused before Daphne knew of it.
    _is_refused = False
    # The last ping that waits for its pong, while the client does not read.
    _unanswered: bytes | None = None

    def connectionMade(self) -> None:  # Twisted's name
        """Take over the connection after the handshake's request was read."""
        super().connectionMade()
        self.flow = WriteFlow(self._drained)
        server = self.factory.server_class
        # Not Autobahn's own pings: it forgets one that is unanswered when it sends the next, but not its time-out, and
        # drops a client that has answered late.
        self.heartbeat = Heartbeat(server.ping_interval, server.ping_timeout)
        # The HTTP channel that read the request is registered still, and would stop reading when we write much.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.flow, True)

    def onConnect(self, request: Any) -> Any:  # Autobahn's name
        """Ask the application whether it accepts the connection, where there is room for one."""
        if not has_room(self.transport):
            self._is_refused = True
            # To come back is right: another process may have room, and this one in a moment.
            deny: Any = ConnectionDeny
            raise deny(503, "too many connections")
        return super().onConnect(request)

    def onClose(self, wasClean: bool, code: int | None, reason: str) -> None:  # Autobahn's name
        """Tell the application that the connection is over, where one has ever heard of it."""
        if not self._is_refused:
            super().onClose(wasClean, code, reason)

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of whoever waits to write."""
        self.flow.stopProducing()
        super().connectionLost(reason)

    def _drained(self) -> None:
        if self._unanswered is not None:
            self.sendPong(self._unanswered)
            self._unanswered = None

    def onPing(self, payload: bytes) -> None:  # Autobahn's name
        """Answer a ping; of many that come while the client does not read, the last one (RFC 6455, 5.5.3)."""
        if self.flow.paused:
            self._unanswered = payload
        else:
            self.sendPong(payload)

    def pause_reading(self) -> None:
        """Read no more from the client, so that TCP holds it back; its goodbye is always read."""
        if self.state in {self.STATE_CONNECTING, self.STATE_OPEN}:
            self._deaf = True
            self.transport.pauseProducing()

    def resume_reading(self) -> None:
        """Read on."""
        self._deaf = False
        if self.transport.connected:
            self.transport.resumeProducing()

    def handle_reply(self, message: Message) -> None:
        """Carry out one ASGI message of the application (ASGI, WebSocket send events)."""
        kind = message.get("type")
        if kind == "websocket.accept" and self.state != self.STATE_CONNECTING:
            # Its client was refused for want of an answer, or has gone: an answer now would open what is over.
            return
        if kind == "websocket.accept" and message.get("headers"):
            self._accept_with_headers(message)
        elif kind == "websocket.close" and self.state != self.STATE_CONNECTING:
            code = message.get("code")
            self._close(1000 if code is None else code, message.get("reason") or "")
        elif kind == "websocket.send" and self.state != self.STATE_CONNECTING:
            self._send(message)
        else:
            super().handle_reply(message)

    def _accept_with_headers(self, message: Message) -> None:
        headers = {name.decode("latin1"): value.decode("latin1") for name, value in message["headers"]}
        # Autobahn takes the accepted protocol, or it with the headers of the response.
        self.serverAccept((message.get("subprotocol"), headers))

    def _send(self, message: Message) -> None:
        text, data = message.get("text"), message.get("bytes")
        if (text is None) == (data is None):
            raise ValueError("expected a websocket.send with either text or bytes")
        if self.state != self.STATE_OPEN:
            # It is being closed, by the client's fault perhaps, and the application has not heard of it yet.
            return
        # Daphne drops empty messages; RFC 6455 knows them (5.6).
        if text is not None:
            self.serverSend(text, False)
        else:
            self.serverSend(cast(bytes, data), True)

    def _close(self, code: int, reason: str) -> None:
        if code not in SENDABLE:
            raise ValueError(f"expected a close code that may be sent (RFC 6455, 7.4), got {code}")
        cut = reason.encode()[:MAX_REASON].decode(errors="ignore")
        # Not `sendClose`, which takes 1000 and the codes from 3000 on only: a message that is too big is 1009.
        self.sendCloseFrame(code=code, reasonUtf8=cut.encode() or None, isReply=False)
        self.resume_reading()

    def unregisterProducer(self) -> None:  # Autobahn's name
        """Let go of whoever waits to write: the connection ends."""
        self.flow.stopProducing()
        super().unregisterProducer()

    def dataReceived(self, data: bytes) -> None:  # Twisted's name
        """Take bytes of the client."""
        self.heartbeat.hear()
        super().dataReceived(data)

    def check_timeouts(self) -> None:
        """End what takes too long. A client that is alive and does not read is no such thing (P4)."""
        age, limit = self.duration(), self.server.websocket_timeout
        if self.state == self.STATE_OPEN:
            if 0 <= limit < age:
                self.serverClose()
            else:
                self._check_heartbeat()

    def _check_heartbeat(self) -> None:
        if not (self.flow.paused or self.heartbeat.is_due or self.heartbeat.is_overdue):
            return
        connection = socket_of(self.transport)
        if self.flow.paused or self._deaf or holds_back(connection):
            # Its pong would come behind all it has not read, or that we have not: only TCP can tell whether it is
            # still there.
            self.heartbeat.hear()
            if peer_is_gone(connection):
                self.dropConnection(abort=True)
        elif self.heartbeat.is_overdue:
            self.onAutoPingTimeout()
        else:
            self.heartbeat.ask()
            self.sendPing()


class FlowWebSocketFactory(WebSocketFactory):  # type: ignore[misc]  # Daphne has no types
    """Makes the connections."""

    protocol = FlowWebSocketProtocol

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A client that does what it must not is told so by a close code, rather than cut off; and none is let in that
        # speaks a draft of the protocol.
        self.setProtocolOptions(closeHandshakeTimeout=self.server_class.close_timeout, failByDrop=False, versions=[13])
