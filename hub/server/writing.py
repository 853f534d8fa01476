"""Writing to a connection at once, where its transport has nothing else to send.

Twisted keeps what is written, asks the system to say when the connection takes more, and sends it one turn of the event
loop later: that costs more Python for each reader of each message than the system call takes. Whoever has nothing to
send already takes more nearly always. So it is tried first, and Twisted gets what is left over. For that, this module
alone looks into Twisted's buffer.
"""

from typing import Any

from twisted.internet.tcp import Server as TcpServer
from twisted.internet.unix import Server as UnixServer

#: Transports whose bytes go to the socket as they are. Under TLS there is a wrapper.
_PLAIN = frozenset({TcpServer, UnixServer})


def write_at_once(transport: Any, data: bytes) -> None:
    """Send bytes, or keep what the system does not take just now until it does. Never blocks.

    Arguments:
        transport: Twisted's, of any kind.
    """
    if (
        type(transport) in _PLAIN
        and transport.connected
        and not transport.TLS
        and not transport._tempDataBuffer
        and transport.offset == len(transport.dataBuffer)
    ):
        try:
            sent = transport.socket.send(data)
        except OSError:
            # It takes nothing just now; or it is gone, and Twisted will find out in the same way.
            sent = 0
        if sent == len(data):
            return
        data = data[sent:]
    transport.write(data)
