"""The first bytes of a connection: mostly a whole handshake, which then costs no HTTP connection of Twisted's."""

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IProtocol
from zope.interface import implementer

from hub.server.ending import stop_sending
from hub.server.handshake import check_handshake, wants_websocket
from hub.server.head import read_head
from hub.server.transport import hand_over
from hub.server.websocket import open_websocket

if TYPE_CHECKING:
    from hub.server.channel import FlowHTTPFactory


@implementer(IProtocol)
class Door:
    """A new connection, until its first bytes come.

    Arguments:
        factory: makes the HTTP connection of whoever wants another thing.
    """

    __slots__ = ("_factory", "_is_shut", "transport")

    def __init__(self, factory: "FlowHTTPFactory") -> None:
        self._factory = factory
        # Whether nothing is taken from it any more.
        self._is_shut = False
        self.transport: Any = None

    def makeConnection(self, transport: Any) -> None:  # Twisted's name
        """Wait for the first bytes."""
        self.transport = transport
        self._factory.server.heads.start(self)

    def dataReceived(self, data: bytes) -> None:  # Twisted's name
        """Hand the connection over to whom its first bytes are for."""
        if self._is_shut:
            return
        server = self._factory.server
        patience = server.heads.stop(self)
        read = read_head(data)
        # What is wrong with a handshake is for the HTTP connection to say: it may go on after it.
        if (
            read is None
            or not wants_websocket(read.head.values(b"upgrade"))
            or check_handshake(read.head, has_body=False) is not None
        ):
            self._pass_on(data, patience)
            return
        socket = open_websocket(server, self.transport, read.head)
        if read.rest:
            socket.dataReceived(read.rest)

    def _pass_on(self, data: bytes, patience: float) -> None:
        protocol = self._factory.make_channel(patience)
        hand_over(self.transport, protocol)
        protocol.dataReceived(data)

    def shut(self) -> None:
        """Let go of a client that has not said anything for long."""
        self._is_shut = True
        stop_sending(self.transport)
        self._factory.server.closing.start(self)

    def cut_off(self) -> None:
        """End the connection at once."""
        self.transport.abortConnection()

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of everything."""
        self._factory.server.heads.stop(self)
        self._factory.server.closing.stop(self)
