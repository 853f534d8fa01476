"""What Twisted's transports have in common: whom they give what they read."""

from typing import Any

from twisted.protocols.policies import ProtocolWrapper


def hand_over(transport: Any, protocol: Any) -> None:
    """Have a transport give all it reads to another protocol from now on."""
    if isinstance(transport, ProtocolWrapper):
        # TLS, which is a protocol itself.
        transport.wrappedProtocol = protocol
    else:
        transport.protocol = protocol
    protocol.makeConnection(transport)
