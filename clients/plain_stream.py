"""One stream by the plain wire format: a hello, and then the events that follow it."""

import time
from collections.abc import Iterator

from clients.address import Address
from clients.connection import Connection
from clients.conversation import Broken, Delivery, Note, Outcome
from clients.heartbeat import Heartbeat
from clients.position import Gap, Lost, Position, Tracker, Verdict
from clients.wire import ErrorFrame, Event, Hello, Reply, Unreadable, read_frame


class PlainStream:
    """Reads the stream that an address stands for.

    Arguments:
        address: of the stream.
        token: who reads; None for nobody in particular.
        tracker: where to go on from.
    """

    def __init__(self, address: Address, token: str | None, tracker: Tracker) -> None:
        self.is_open = False
        self._address = address
        self._headers = [f"Authorization: Bearer {token}"] if token else []
        self._tracker = tracker
        self._stream = ""
        self._handled: Position | None = None

    def begin(self) -> Connection:
        """Open the next connection."""
        self.is_open = False
        return Connection(self._address.url(self._tracker.query), self._headers, Heartbeat(time.monotonic()))

    def take(self, connection: Connection, message: str) -> Iterator[Outcome]:
        """Return what a message means."""
        match read_frame(message):
            case Hello() as hello:
                yield from self._take_hello(hello)
            case Event() as event:
                verdict = self._tracker.event(event.offset)
                if isinstance(verdict, Gap):
                    yield Broken(str(verdict))
                elif verdict is Verdict.DELIVER:
                    yield Delivery(self._stream, event)
            case ErrorFrame(code, words):
                yield Note(f"the server says: {words} (error {code})")
            case Unreadable(problem) if self.is_open:
                # If it was an event, the next one shows a gap.
                yield Note(f"a message was passed over: {problem}")
            case Unreadable(problem):
                yield Broken(f"this is no Hubbub stream: {problem}")
            case Reply():
                pass

    def _take_hello(self, hello: Hello) -> Iterator[Outcome]:
        self.is_open = True
        self._stream = hello.stream
        outcome = self._tracker.hello(hello.epoch, hello.offset, hello.recovered)
        self._handled = self._tracker.position
        name = f" as {hello.user}" if hello.user else ""
        yield Note(f"connected to {hello.stream}{name} at offset {hello.offset}")
        if isinstance(outcome, Lost):
            yield Note(str(outcome))
        elif isinstance(outcome, Gap):
            yield Broken(str(outcome))

    def end(self) -> None:
        """Note that the connection is over."""
        self._tracker.disconnected()

    def handled(self, stream: str) -> None:
        """Note that the last event that was delivered needs not to come again."""
        self._handled = self._tracker.position

    @property
    def place(self) -> str:
        """Where the next connection goes on, as a part of a sentence."""
        return "" if self._tracker.position is None else f" from offset {self._tracker.position.offset}"

    @property
    def farewell(self) -> str:
        """How the next run goes on from what was handled."""
        if self._handled is None:
            return ""
        return f"to go on from here: --since {self._handled.offset} --epoch {self._handled.epoch}"
