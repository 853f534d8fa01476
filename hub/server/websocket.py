"""A WebSocket: a connection and its application, which talk by ASGI."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hub.core.asgi import FRAMES_EXTENSION, Message
from hub.core.frames import binary_frame, text_frame
from hub.core.websocket import SENDABLE
from hub.server.accepting import encode_answer
from hub.server.connection import CLOSED, CONNECTING, OPEN, Connection
from hub.server.descriptors import has_room
from hub.server.flow import Inbox
from hub.server.handshake import Head
from hub.server.refusal import Refusal
from hub.server.scope import Address, make_scope
from hub.server.transport import hand_over

if TYPE_CHECKING:
    from hub.server.serving import FlowServer

logger = logging.getLogger(__name__)


def open_websocket(server: "FlowServer", transport: Any, head: Head) -> "WebSocket":
    """Hand a connection over to an application, where there is room for one.

    Arguments:
        transport: Twisted's; it gives all it reads to the WebSocket from now on.
        head: of the handshake, which is right.
    """
    socket = WebSocket(server, transport, head)
    hand_over(transport, socket)
    if not has_room(transport):
        # To come back is right: another process may have room, and this one in a moment.
        socket.refuse(Refusal(503, "too many connections"))
        return socket
    server.protocol_connected(socket)
    try:
        socket.start(head)
    except Exception:
        logger.exception("a handshake failed")
        socket.refuse(Refusal(500, "Internal server error"))
    return socket


class WebSocket(Connection):
    """One WebSocket."""

    __slots__ = ("_address", "_key", "_path", "_subprotocols", "inbox")

    #: Daphne's name of what this is.
    application_type = "websocket"

    def __init__(self, server: "FlowServer", transport: Any, head: Head) -> None:
        super().__init__(server, transport)
        # Until the handshake is answered.
        self._key = head.values(b"sec-websocket-key")[0]
        self._subprotocols: Sequence[str] = ()
        # For the access log.
        self._path = b""
        self._address: Address = None
        #: What waits for the application; None where there is none.
        self.inbox: Inbox | None = None

    def start(self, head: Head) -> None:
        """Ask the application whether it accepts the connection."""
        scope = make_scope(head, self.transport, self.server)
        scope["extensions"] = {FRAMES_EXTENSION: {"write": self.write}}
        self._path, self._address, self._subprotocols = scope["raw_path"], scope["client"], scope["subprotocols"]
        if self.server.websocket_handshake_timeout > 0:
            self.server.opening.start(self)
        self.inbox = self.server.start_application(self, scope, self.send)
        self.inbox.put_nowait({"type": "websocket.connect"})
        self._log("connecting")

    def receive(self, message: Message) -> None:
        """Give a message to the application."""
        if self.inbox is not None:
            self.inbox.put_nowait(message)

    def end(self, code: int) -> None:
        """Tell the application that the connection is over, where one has ever heard of it."""
        self.server.opening.stop(self)
        if self not in self.server.connections:
            return
        self.server.protocol_disconnected(self)
        self.receive({"type": "websocket.disconnect", "code": code})
        self._log("disconnected")

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call back once the application has done all that came and waits for more."""
        if self.inbox is not None:
            self.inbox.when_idle(callback)

    async def send(self, message: Message) -> None:
        """Carry out a message of the application, once its client takes it (the ASGI `send`).

        A close waits for nobody: that a client does not read may be why it is closed.
        """
        if self.paused and message.get("type") != "websocket.close":
            await self.writable()
        if self.state is not CLOSED:
            self.handle_reply(message)

    def handle_reply(self, message: Message) -> None:
        """Carry out one ASGI message of the application (ASGI, WebSocket send events).

        Raises:
            ValueError: it is no such message, or comes at the wrong time.
        """
        kind = message.get("type")
        if kind is None:
            raise ValueError("expected a message with a type")
        if kind == "websocket.send":
            self._send(message)
        elif kind == "websocket.accept":
            # Where its client was refused for want of an answer, or has gone, there is nothing to open.
            if self.state is CONNECTING:
                self._accept(message)
        elif kind == "websocket.close":
            self._close(message)

    def _accept(self, message: Message) -> None:
        headers = message.get("headers") or ()
        chosen = message.get("subprotocol")
        self.open(encode_answer(self._key, self.server.server_name, self._subprotocols, chosen, headers))
        self.server.opening.stop(self)
        self._key, self._subprotocols = b"", ()
        self._log("connected")
        self.take_early()

    def _send(self, message: Message) -> None:
        text: str | None = message.get("text")
        data: Any = message.get("bytes")
        if (text is None) == (data is None):
            raise ValueError("expected a websocket.send with either text or bytes")
        if self.state is CONNECTING:
            raise ValueError("expected a websocket.accept before a websocket.send")
        if self.state is OPEN:
            # Else it is being closed, by the client's fault perhaps, and the application has not heard of it yet.
            self._write(binary_frame(data) if text is None else text_frame(text))

    def _close(self, message: Message) -> None:
        if self.state is CONNECTING:
            self.refuse(Refusal(403, "Access denied"))
            self.server.protocol_disconnected(self)
            self._log("rejected")
            return
        code = message.get("code")
        code = 1000 if code is None else code
        if code not in SENDABLE:
            raise ValueError(f"expected a close code that may be sent (RFC 6455, 7.4), got {code}")
        self.close(code, message.get("reason") or "")

    def handle_exception(self, exception: BaseException) -> None:
        """End a connection whose application has failed."""
        if self.state is CONNECTING:
            self.refuse(Refusal(500, "Internal server error"))
        else:
            self.close(1011)

    def refuse_late(self) -> None:
        """Refuse a client whose application did not accept it in time."""
        if self.state is CONNECTING:
            self.refuse(Refusal(503, "the application did not answer in time"))

    def check_timeouts(self) -> None:
        """End what takes too long. A client that is alive and does not read is no such thing (P4)."""
        if self.state is OPEN:
            limit = self.server.websocket_timeout
            if 0 <= limit < self.server.age_of(self):
                self.close(1000)
            else:
                self.check_heartbeat()

    def _log(self, action: str) -> None:
        if self.server.action_logger:
            client = None if self._address is None else f"{self._address[0]}:{self._address[1]}"
            self.server.log_action("websocket", action, {"path": self._path.decode(), "client": client})
