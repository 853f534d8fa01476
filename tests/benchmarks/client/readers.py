"""The readers: most only count bytes, some look at every frame, and what these find holds the others to account."""

import socket
import time
from collections.abc import Callable

from clients.load.latency import Histogram
from tests.benchmarks.client.frames import CLOSE, PING, PONG, Frames, frame, pings
from tests.benchmarks.client.messages import Dialect, Stamp, read_stamp

#: Where all of them are read into, one after another.
_buffer = bytearray(262_144)


class Gone(Exception):
    """The server has ended a connection. Its text is a sentence."""


class Reader:
    """A connection that counts the bytes it gets; pings are answered, and not counted.

    Looking for the frames in what every reader gets would take longer than the server takes to send it.

    Arguments:
        room: the number of the room that it reads.
        number: which reader it is.
    """

    __slots__ = ("_socket", "bytes", "number", "room")

    def __init__(self, room: int = 0, number: int = 0) -> None:
        self.room = room
        self.number = number
        #: Bytes of frames of the stream since the last `reset`.
        self.bytes = 0

    def attach(self, connection: socket.socket, first: bytes) -> None:
        """Go on with a connection whose handshake is done.

        Arguments:
            first: what came behind it.
        """
        self._socket = connection
        self.bytes = len(first)

    def reset(self) -> None:
        """Begin to count anew."""
        self.bytes = 0

    def take(self) -> None:
        """Read what has come.

        Raises:
            Gone: nothing will any more.
        """
        count = self._receive()
        self.bytes += count
        for payload in pings(_buffer, count):
            self.send(frame(PONG, payload))
            # With its head.
            self.bytes -= len(payload) + 2

    def send(self, data: bytes) -> None:
        """Send bytes, waiting for the server to take them if need be."""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._socket.setblocking(True)
            self._socket.sendall(data[sent:])
            self._socket.setblocking(False)

    def _receive(self) -> int:
        try:
            count = self._socket.recv_into(_buffer)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Gone(f"reader {self.number} of room {self.room}: {error}") from error
        if not count:
            raise Gone(f"reader {self.number} of room {self.room} was sent away")
        return count


class BinaryReader(Reader):
    """The same where what comes is no text: it looks at each frame's head, since any byte may look like a ping's."""

    __slots__ = ("_frames",)

    def __init__(self, room: int = 0, number: int = 0) -> None:
        super().__init__(room, number)
        self._frames = Frames()

    def take(self) -> None:
        """Read what has come.

        Raises:
            Gone: nothing will any more.
        """
        for opcode, payload, whole in self._frames.feed(bytes(_buffer[: self._receive()])):
            if opcode == PING:
                self.send(frame(PONG, payload))
            else:
                self.bytes += whole


class CarefulReader(Reader):
    """A connection that looks at every frame: how many there are, the order of messages, their latency.

    Arguments:
        dialect: how the server is spoken to.
        latency: where the latency of each message goes, in microseconds.
        on_message: called for each message; None for nobody.
        on_reply: called with each reply to a command; None for nobody.
    """

    __slots__ = (
        "_dialect",
        "_frames",
        "_next",
        "_on_message",
        "_on_reply",
        "disorder",
        "frames",
        "latency",
        "messages",
    )

    def __init__(
        self,
        room: int,
        number: int,
        dialect: Dialect,
        latency: Histogram,
        on_message: Callable[[Stamp], None] | None = None,
        on_reply: Callable[[bytes], None] | None = None,
    ) -> None:
        super().__init__(room, number)
        self._dialect = dialect
        self.latency = latency
        self._on_message = on_message
        self._on_reply = on_reply
        self._frames = Frames()
        self._next = 1
        #: Messages and frames since the last `reset`.
        self.messages = 0
        self.frames = 0
        #: Messages that were not the next one.
        self.disorder = 0

    @property
    def last(self) -> int:
        """The number of the last message."""
        return self._next - 1

    def attach(self, connection: socket.socket, first: bytes) -> None:
        """Go on with a connection whose handshake is done."""
        super().attach(connection, b"")
        self._look(first)

    def reset(self) -> None:
        """Begin to count anew."""
        super().reset()
        self.messages = self.frames = 0

    def take(self) -> None:
        """Read what has come.

        Raises:
            Gone: nothing will any more.
        """
        self._look(bytes(_buffer[: self._receive()]))

    def _look(self, data: bytes) -> None:
        now = time.monotonic_ns()
        for opcode, payload, whole in self._frames.feed(data):
            if opcode >= CLOSE:
                self._answer(opcode, payload)
            elif self._dialect.is_reply(payload):
                if self._on_reply is not None:
                    self._on_reply(payload)
            else:
                self.bytes += whole
                self.frames += 1
                self._note(payload, now)

    def _note(self, payload: bytes, now: int) -> None:
        stamp = read_stamp(payload)
        if stamp is None:
            return
        self.messages += 1
        self.disorder += stamp.number != self._next
        self._next = stamp.number + 1
        self.latency.add((now - stamp.sent) // 1000)
        if self._on_message is not None:
            self._on_message(stamp)

    def _answer(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send(frame(PONG, payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            raise Gone(f"reader {self.number} of room {self.room} was sent away with {code} {payload[2:].decode()}")
