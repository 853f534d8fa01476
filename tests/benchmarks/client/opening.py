"""Opening one connection without waiting for it: connect, request, answer, and the server's hello."""

import errno
import socket
import struct
from dataclasses import dataclass

from tests.benchmarks.client.frames import ACCEPT, CLOSE, Frames
from tests.benchmarks.client.messages import Dialect, StreamDialect
from tests.benchmarks.client.readers import Reader

_PLAIN = StreamDialect()


class NotOpened(Exception):
    """A connection could not be opened. Its text is a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A connection to be opened."""

    #: See `frames.request`.
    request: bytes
    reader: Reader
    #: How the server is spoken to.
    dialect: Dialect = _PLAIN


class Opening:
    """A connection on its way.

    Arguments:
        plan: what is to be opened.
        address: host and port.
    """

    __slots__ = ("_connected", "_got", "_is_open", "plan", "socket")

    def __init__(self, plan: Plan, address: tuple[str, int]) -> None:
        self.plan = plan
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Ended by a reset: tens of thousands of ports would else stay taken for a minute (TIME-WAIT).
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connected = False
        self._is_open = False
        self._got = b""
        code = self.socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise NotOpened(f"no connection: {errno.errorcode.get(code, code)}")

    @property
    def asks(self) -> bool:
        """Whether the request has still to be sent, once the connection is there."""
        return not self._connected

    def ask(self) -> None:
        """Send the request, now that the connection is there.

        Raises:
            NotOpened
        """
        self._connected = True
        try:
            self.socket.sendall(self.plan.request)
        except OSError as error:
            raise NotOpened(f"no connection: {error}") from error

    def hear(self) -> bytes | None:
        """Read what has come. Returns what is behind the handshake, and the hello, when it is all there.

        Raises:
            NotOpened: the server has refused, or is gone.
        """
        try:
            data = self.socket.recv(65_536)
        except BlockingIOError:
            return None
        except OSError as error:
            raise NotOpened(f"no answer: {error}") from error
        if not data:
            raise NotOpened(f"expected an answer, and the connection ended after {self._got[:200]!r}")
        self._got += data
        if not self._is_open:
            head, found, rest = self._got.partition(b"\r\n\r\n")
            if not found:
                return None
            if not head.startswith(b"HTTP/1.1 101") or ACCEPT not in head:
                raise NotOpened(f"expected a WebSocket, got {head[:80]!r}")
            self._is_open, self._got = True, rest
            if opening := self.plan.dialect.opening(self.plan.reader.room):
                self.socket.sendall(opening)
        return self._after_hello() if self.plan.dialect.greets else self._got

    def _after_hello(self) -> bytes | None:
        """Return what is behind the hello, None as long as it is not there."""
        end = 0
        for opcode, payload, whole in Frames().feed(self._got):
            end += whole
            try:
                if opcode >= CLOSE:
                    raise ValueError(f"expected to be let in, and was sent away: {payload[:200]!r}")
                if self.plan.dialect.is_hello(payload):
                    return self._got[end:]
            except ValueError as error:
                raise NotOpened(str(error)) from error
        return None
