"""Whether the other end of a TCP connection is still there, when it cannot be asked: from what the kernel knows."""

import socket
import struct
import sys
from fcntl import ioctl
from typing import Any, NamedTuple

from twisted.protocols.policies import ProtocolWrapper

#: Milliseconds without any acknowledgement, while data waits for one, after which the other end counts as gone.
SILENCE = 30_000

_TCP_INFO = getattr(socket, "TCP_INFO", None)
# struct tcp_info of Linux (include/uapi/linux/tcp.h): 8 bytes of flags, then 32-bit fields in this order.
_FIELDS = struct.Struct("@8B24I")
_RETRANSMITS, _PROBES = 2, 3
_UNACKED, _LAST_ACK_RECEIVED = 8 + 4, 8 + 12

# Requests of ioctl (include/uapi/linux/sockios.h): bytes of TCP not sent yet, and those that wait in a Unix socket.
_SIOCOUTQNSD, _SIOCOUTQ = 0x894B, 0x5411
_COUNT = struct.Struct("@i")


class TcpState(NamedTuple):
    """What the kernel knows of a connection."""

    #: Segments sent and not acknowledged.
    unacknowledged: int
    #: Times the first of them was sent again in vain.
    retransmits: int
    #: Window probes without an answer: the other end has said that it takes no more, and is asked whether it does.
    probes: int
    #: Milliseconds since the last acknowledgement.
    silence: int


def socket_of(transport: Any) -> socket.socket:
    """Return the system's socket below a Twisted transport. Under TLS, `getHandle` returns another thing."""
    while isinstance(transport, ProtocolWrapper):
        transport = transport.transport
    connection: socket.socket = transport.getHandle()
    return connection


def read_tcp_state(connection: socket.socket) -> TcpState | None:
    """Return the state of a TCP connection, or None where the system does not tell."""
    if _TCP_INFO is None:
        return None
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _FIELDS.size)
    except OSError:
        return None
    if len(raw) < _FIELDS.size:
        return None
    fields = _FIELDS.unpack(raw)
    return TcpState(fields[_UNACKED], fields[_RETRANSMITS], fields[_PROBES], fields[_LAST_ACK_RECEIVED])


def is_gone(state: TcpState) -> bool:
    """Say whether the other end counts as gone.

    A reader that is merely slow acknowledges what it has got, and answers each probe of its closed window: then
    nothing is sent again in vain. One that is gone does neither.
    """
    waiting = state.retransmits > 0 or state.probes > 1
    return waiting and state.silence > SILENCE


def peer_is_gone(connection: socket.socket) -> bool:
    """Say whether the other end of a connection counts as gone; False where the system does not tell."""
    state = read_tcp_state(connection)
    return state is not None and is_gone(state)


def holds_back(connection: socket.socket) -> bool:
    """Say whether the other end takes no more just now: the system has bytes for it that it may not send yet.

    Such a client cannot be asked anything: the question would come behind these bytes. False where the system does
    not tell.
    """
    if sys.platform != "linux":
        return False
    request = _SIOCOUTQ if connection.family == socket.AF_UNIX else _SIOCOUTQNSD
    try:
        waiting: int = _COUNT.unpack(ioctl(connection.fileno(), request, bytes(_COUNT.size)))[0]
    except (OSError, ValueError):
        return False
    return waiting > 0
