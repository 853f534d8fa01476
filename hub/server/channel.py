"""An HTTP connection: Twisted's, with limits on what it may take and how long.

The body of a request goes to the application as it comes: Twisted keeps all of it on the disk first, and Daphne then
all of it in memory.
"""

from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.internet.error import ConnectionAborted
from twisted.python import failure
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

from hub.server.deadline import Deadline
from hub.server.door import Door
from hub.server.ending import end_in_order
from hub.server.flow import limit_unsent
from hub.server.handshake import Head
from hub.server.liveness import socket_of
from hub.server.refusal import Refusal
from hub.server.request import FlowRequest
from hub.server.websocket import WebSocket, open_websocket

#: Bytes a second that a body has to come with on average, beyond the time that it has anyway.
LEAST_RATE = 1_024

# Twisted has half of the types.
_Channel: Any = HTTPChannel


class FlowChannel(_Channel):  # type: ignore[misc]
    """One connection, and its requests one after the other."""

    requestFactory = FlowRequest
    requests: list[FlowRequest]

    #: Seconds in which the first head has to come, where some were used up already; None for all of them.
    patience: float | None = None
    # What the connection has become.
    _upgraded: WebSocket | None = None

    def connectionMade(self) -> None:  # Twisted's name
        """Take over a new connection."""
        super().connectionMade()
        limit_unsent(socket_of(self.transport))
        self._server = self.factory.server
        self._deadline = Deadline(self.callLater, self._too_slow)
        self._deadline.start(self._server.head_timeout if self.patience is None else self.patience)
        # Whether a request's body is still to come, and whether its application has answered before.
        self._body_open = False
        self._answered: FlowRequest | None = None
        # Whether nothing is read just now, since the application has enough.
        self._held = False
        # The call that cuts the connection off: nothing is taken from it any more.
        self._ending: Any = None

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of everything."""
        self._deadline.stop()
        if self._ending is not None and self._ending.active():
            self._ending.cancel()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # Twisted's name
        """Take bytes of the client."""
        if self._ending is not None:
            return
        if not self.requests and not self._deadline.is_set:
            self._deadline.start(self._server.head_timeout)
        super().dataReceived(data)

    def lineReceived(self, line: bytes) -> None:  # Twisted's name
        """Take a line of a request's head."""
        if self._ending is None:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # Twisted's name
        """Refuse a head with a line that is too long."""
        self._respondToBadRequestAndDisconnect()

    def rawDataReceived(self, data: bytes) -> None:  # Twisted's name
        """Take bytes of a body, or of the next request, or of what the connection has become in the same packet."""
        if self._upgraded is not None:
            self._upgraded.dataReceived(data)
            return
        if self._ending is not None:
            return
        super().rawDataReceived(data)
        if not self._body_open or self._ending is not None:
            return
        request = self.requests[-1]
        if self._is_too_large(request.received):
            self._refuse_body()
        elif self._answered is None:
            self._deadline.extend(len(data) / LEAST_RATE)
            request.pass_on()

    def allHeadersReceived(self) -> None:  # Twisted's name
        """Begin with a request, also where its body is still to come."""
        if self._is_too_large(self.length or 0):
            self._refuse_body()
            return
        super().allHeadersReceived()
        self._deadline.stop()
        if self.length != 0:
            self._body_open = True
            self._deadline.start(self._server.body_timeout)
            self.requests[-1].begin(self._command, self._path, self._version)

    def allContentReceived(self) -> None:  # Twisted's name
        """Take note that a request has come to its end."""
        if self._ending is not None:
            return
        self._body_open = False
        self._deadline.stop()
        super().allContentReceived()
        if self._answered is not None:
            answered, self._answered = self._answered, None
            super().requestDone(answered)

    def requestDone(self, request: FlowRequest) -> None:  # Twisted's name
        """Go on with the next request, once all of this one is read."""
        self._held = False
        if self._ending is not None:
            return
        if not self._body_open:
            super().requestDone(request)
            return
        # Answered before its body was read. What is left of it is thrown away, unless it takes long.
        self._answered = request
        self._networkProducer.resumeProducing()
        self._deadline.start(self._server.close_timeout)

    def hold(self) -> None:
        """Read no more for now."""
        self._held = True
        self._deadline.stop()
        self._networkProducer.pauseProducing()

    def release(self) -> None:
        """Read on."""
        self._held = False
        self.resumeProducing()

    def pauseProducing(self) -> None:  # Twisted's name
        """Read no more while the client does not read (IPushProducer)."""
        super().pauseProducing()
        if self._body_open:
            self._deadline.stop()

    def resumeProducing(self) -> None:  # Twisted's name
        """Read on when the client has read (IPushProducer), unless the application has enough."""
        super().resumeProducing()
        if self._held:
            self._networkProducer.pauseProducing()
        elif self._body_open and not self._deadline.is_set:
            self._deadline.start(self._server.body_timeout)

    def timeoutConnection(self) -> None:  # Twisted's name
        """End a connection on which nothing has come for long, unless it is the application that makes it wait."""
        if self._held or self._waitingForTransport:
            self.setTimeout(self.timeOut)
        else:
            super().timeoutConnection()

    def upgrade(self, head: Head) -> None:
        """Let a WebSocket take over the connection, after the head of its handshake."""
        server, transport = self._server, self.transport
        self.setTimeout(None)
        self._deadline.stop()
        for request in self.requests:
            server.connections.pop(request)
        self.requests = []
        # It would stop reading when the WebSocket writes much.
        self._networkProducer.unregisterProducer()
        self._networkProducer.resumeProducing()
        self._upgraded = open_websocket(server, transport, head)

    def refuse(self, refusal: Refusal) -> None:
        """Answer what was begun, where it has no answer yet, and take nothing more from this connection."""
        answered = any(request.startedWriting for request in self.requests)
        reason = failure.Failure(ConnectionAborted())  # type: ignore[no-untyped-call]
        for request in self.requests:
            request.connectionLost(reason)
        self.requests = []
        if not answered:
            self.transport.write(refusal.encode())
        self._end()

    def _refuse_body(self) -> None:
        limit = self._server.max_body_size
        self.refuse(Refusal(413, f"expected a body of up to {limit} bytes"))

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(Refusal(400, "expected a request of HTTP/1.1"))

    def _too_slow(self) -> None:
        if self.requests and self._answered is None:
            self.refuse(Refusal(408, "expected the request to come faster"))
        else:
            self._end()

    def _end(self) -> None:
        self.setTimeout(None)
        self._deadline.stop()
        self._ending = end_in_order(self.transport, self.callLater, self._server.close_timeout)

    def _is_too_large(self, size: int) -> bool:
        limit: int = self._server.max_body_size
        return 0 < limit < size


class FlowHTTPFactory(HTTPFactory):  # type: ignore[misc]  # Daphne has no types
    """Makes the HTTP connections."""

    def protocol(self) -> Any:
        """Return a new connection: HTTP/1.1, until another version is agreed on by TLS."""
        return _GenericHTTPChannelProtocol(FlowChannel())

    def buildProtocol(self, addr: Any) -> Any:  # Twisted's name
        """Return what takes the first bytes of a new connection."""
        return Door(self)

    def make_channel(self, patience: float) -> Any:
        """Return the protocol of an HTTP connection.

        Arguments:
            patience: seconds in which the head of its first request has to come.
        """
        protocol = super().buildProtocol(None)
        protocol.requestFactory = FlowRequest
        protocol._channel.patience = patience
        return protocol
