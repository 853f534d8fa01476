"""A WebSocket connection: Autobahn's, by way of Daphne, to the letter of RFC 6455 and in bounded time and memory."""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from hub.server.ending import end_in_order
from hub.server.handshake import Refusal

#: Close codes that may go over the wire (RFC 6455, 7.4.1 and 7.4.2, and the registry they begin).
SENDABLE = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
#: What a close frame without a code stands for (RFC 6455, 7.4.1).
NO_CODE = 1005
#: Bytes that a client may send before its handshake is answered. (It should send none: RFC 6455, 4.1.)
EARLY_LIMIT = 65_536


class StrictWebSocketProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """What becomes of the bytes that a client sends, once its handshake was read."""

    # Whether the application was asked to accept; until it does, what comes is kept.
    _asked = False
    # The call that cuts the connection off when its end takes too long.
    _ending: Any = None
    # Autobahn's, which cuts off a client that does not answer a close frame.
    closeHandshakeTimeoutCall: Any

    def onConnect(self, request: Any) -> Any:  # Autobahn's name
        """Ask the application."""
        self._asked = True
        return super().onConnect(request)

    def dataReceived(self, data: bytes) -> None:  # Twisted's name
        """Take bytes of the client."""
        if self._asked and self.state == self.STATE_CONNECTING:
            self.data += data
            if len(self.data) > EARLY_LIMIT:
                self.dropConnection(abort=True)
            return
        super().dataReceived(data)

    def processData(self) -> bool:  # Autobahn's name
        """Take in the next frame, or a part of it. Returns whether there may be more to take in."""
        if self.failedByMe:
            # Whoever breaks the protocol is listened to no more (RFC 6455, 7.1.7).
            self.data = b""
            return False
        return bool(super().processData())

    def onMessageBegin(self, isBinary: bool) -> None:  # Autobahn's name
        """Begin a message."""
        super().onMessageBegin(isBinary)
        # One piece, and not a list of all pieces: a message may come in a million of them, many of them empty.
        self._message = bytearray()
        self.message_data = [self._message]

    def onMessageFrameData(self, payload: bytes) -> None:  # Autobahn's name
        """Add to the message."""
        if not self.failedByMe:
            self._message += payload

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # Autobahn's name
        """Give a message to the application, unless that has said goodbye."""
        if self.state == self.STATE_OPEN:
            super().onMessage(payload, isBinary)

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool:  # Autobahn's name
        """Answer a close frame, or take it for the answer to ours. Returns whether it broke the protocol."""
        if code is not None and code not in SENDABLE:
            return self._protocol_violation(f"invalid close code {code}")
        try:
            reason = (reasonRaw or b"").decode()
        except UnicodeDecodeError:
            return self._invalid_payload("invalid close reason (not UTF-8)")
        self.remoteCloseCode, self.remoteCloseReason = code, reason
        self.wasClean = True
        if self.closeHandshakeTimeoutCall is not None:
            self.closeHandshakeTimeoutCall.cancel()
            self.closeHandshakeTimeoutCall = None
        # The same code comes back (RFC 6455, 5.5.1); nothing does where ours was first.
        self.sendCloseFrame(code=code, reasonUtf8=reasonRaw, isReply=True)
        # Not by a reset, which could take our close frame from a client that has not read it yet.
        self.dropConnection(abort=False)
        return False

    def _protocol_violation(self, reason: str) -> bool:
        super()._protocol_violation(reason)
        return True

    def _invalid_payload(self, reason: str) -> bool:
        super()._invalid_payload(reason)
        return True

    def _fail_connection(self, code: int = 1001, reason: str = "going away") -> None:
        was_open = self.state == self.STATE_OPEN
        super()._fail_connection(code, reason)
        if was_open:
            # A server does not wait for the answer of a client that broke the protocol (RFC 6455, 7.1.1 and 7.1.7).
            self.unregisterProducer()
            later = self.factory.reactor.callLater
            self._ending = end_in_order(self.transport, later, self.closeHandshakeTimeout)

    def _closeConnection(self, abort: bool = False) -> None:
        if abort:
            self.transport.abortConnection()
        else:
            # Both sides have said goodbye. What was written goes out first, for which the client has to read it.
            self.transport.loseConnection()
            if self._ending is None:
                later = self.factory.reactor.callLater
                self._ending = later(self.closeHandshakeTimeout, self.transport.abortConnection)

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of everything."""
        if self._ending is not None and self._ending.active():
            self._ending.cancel()
        super().connectionLost(reason)

    def onClose(self, wasClean: bool, code: int | None, reason: str) -> None:  # Autobahn's name
        """Tell the application that the connection is over."""
        super().onClose(wasClean, NO_CODE if code is None else code, reason)

    def onOpenHandshakeTimeout(self) -> None:  # Autobahn's name
        """Refuse a client whose application did not accept it in time."""
        self.openHandshakeTimeoutCall = None
        if self.state == self.STATE_CONNECTING:
            self.failHandshake("the application did not answer in time", 503)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:  # Autobahn's name
        """Refuse the handshake."""
        self.sendData(Refusal(code, reason, tuple(responseHeaders or ())).encode())
