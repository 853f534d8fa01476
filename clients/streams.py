"""Many streams over one connection, by the Centrifugo client protocol."""

import time
from collections.abc import Callable, Iterator, Mapping

from clients.address import Address
from clients.centrifugo import (
    PING,
    Answered,
    Connected,
    Disconnected,
    Failed,
    Message,
    Published,
    Subscribed,
    Unknown,
    Unsubscribed,
    connect_command,
    read_messages,
    read_subscription,
    subscribe_command,
)
from clients.connection import Connection
from clients.conversation import Broken, Delivery, Note, Outcome, Refused
from clients.heartbeat import Heartbeat
from clients.position import Gap, Lost, Position, Tracker, Verdict
from clients.refusals import close_code_is_final
from clients.wire import Event

CONNECT_ID = 1
#: Subscribe commands in one frame: with the longest names, fewer bytes than a server takes at a time.
COMMANDS_A_FRAME = 32
#: From this code on, an unsubscribed client is to subscribe again.
SUBSCRIBE_AGAIN = 2500
#: Connect errors below it are the transport's.
LEAST_ERROR = 100

Save = Callable[[Mapping[str, Position]], None]


def _keep_nothing(_: Mapping[str, Position]) -> None:
    return None


class Streams:
    """Reads several streams, each from where its reader stands.

    Arguments:
        address: of the endpoint, such as `ws://127.0.0.1:8000/connection/websocket`.
        token: who reads; None for nobody in particular.
        trackers: by stream, where to go on from.
        save: keeps the positions of what was handled, by stream; called with all of them whenever one changes.
    """

    def __init__(
        self, address: Address, token: str | None, trackers: Mapping[str, Tracker], save: Save = _keep_nothing
    ) -> None:
        self.is_open = False
        self._address = address
        self._token = token
        self._trackers = trackers
        self._save = save
        self._pongs = False
        #: Streams that the server has yet to answer for, by the command's id.
        self._asked: dict[int, str] = {}
        #: Streams without positions: nothing can be missed or repeated there, as far as anybody knows.
        self._unplaced: set[str] = set()
        self._handled: dict[str, Position] = {}

    def begin(self) -> Connection:
        """Open the next connection."""
        self.is_open = self._pongs = False
        self._asked, self._unplaced = {}, set()
        first = connect_command(CONNECT_ID, self._token, self._positions())
        return Connection(self._address.url({}), [], Heartbeat(time.monotonic()), first, self._answer)

    def _positions(self) -> dict[str, Position]:
        return {stream: tracker.position for stream, tracker in self._trackers.items() if tracker.position is not None}

    def _answer(self, message: str) -> str | None:
        # Called by the thread of the connection: the program may be busy with an event for longer than a server waits.
        return PING if self._pongs and PING in message.split("\n") else None

    def take(self, connection: Connection, message: str) -> Iterator[Outcome]:
        """Return what the messages of a frame mean."""
        for one in read_messages(message):
            if isinstance(one, Connected):
                yield from self._connected(connection, one)
            else:
                yield from self._take(one)

    def _connected(self, connection: Connection, connected: Connected) -> Iterator[Outcome]:
        self._pongs = connected.pongs
        given = [one for one in connected.given if one.stream in self._trackers]
        wanted = self._trackers.keys() - {one.stream for one in given}
        self._asked = dict(enumerate((stream for stream in self._trackers if stream in wanted), CONNECT_ID + 1))
        positions = self._positions()
        commands = [subscribe_command(number, name, positions.get(name)) for number, name in self._asked.items()]
        for start in range(0, len(commands), COMMANDS_A_FRAME):
            connection.send("\n".join(commands[start : start + COMMANDS_A_FRAME]))
        for one in given:
            yield from self._subscribed(one)

    def _take(self, message: Message) -> Iterator[Outcome]:
        match message:
            case Published(stream, event):
                yield from self._event(stream, event)
            case Answered(command_id, result) if command_id in self._asked:
                yield from self._take(read_subscription(self._asked.pop(command_id), result))
            case Subscribed(stream) as subscribed if stream in self._trackers:
                yield from self._subscribed(subscribed)
            case Failed() as failed:
                yield self._failed(failed)
            case Unsubscribed(stream, code, reason) if stream in self._trackers:
                said = f"the server ended the subscription to {stream} with code {code}{_in_brackets(reason)}"
                yield Broken(said) if code >= SUBSCRIBE_AGAIN else Refused(said)
            case Disconnected(code, reason):
                said = f"the server ends the connection with code {code}{_in_brackets(reason)}"
                yield Refused(said) if close_code_is_final(code) else Broken(said)
            case Unknown(problem) if self.is_open:
                # If it was an event, the next one shows a gap.
                yield Note(f"a message was passed over: {problem}")
            case Unknown(problem):
                yield Broken(f"this is no server of the Centrifugo protocol: {problem}")

    def _failed(self, failed: Failed) -> Outcome:
        stream = self._asked.get(failed.id)
        place = "" if stream is None else f" to {stream}"
        said = f"the server says{place}: {failed.message} (error {failed.code})"
        return Broken(said) if failed.temporary or failed.code < LEAST_ERROR else Refused(said)

    def _subscribed(self, subscribed: Subscribed) -> Iterator[Outcome]:
        stream, tracker = subscribed.stream, self._trackers[subscribed.stream]
        self.is_open = not self._asked
        if not subscribed.epoch:
            yield from self._subscribed_without_position(stream, tracker)
            return
        outcome = tracker.hello(subscribed.epoch, subscribed.offset, subscribed.recovered)
        yield Note(f"connected to {stream} at offset {subscribed.offset}")
        try:
            self.handled(stream)
        except OSError as error:
            yield Note(f"the positions could not be kept: {error}")
        if isinstance(outcome, Lost):
            yield Note(f"{stream}: {outcome}")
        elif isinstance(outcome, Gap):
            yield Broken(f"{stream}: {outcome}")
        for event in subscribed.missed:
            yield from self._event(stream, event)

    def _subscribed_without_position(self, stream: str, tracker: Tracker) -> Iterator[Outcome]:
        self._unplaced.add(stream)
        yield Note(f"connected to {stream}, which keeps nothing: what happens while nobody listens is missed")
        if tracker.position is not None:
            yield Note(f"{stream}: events may be missing: there are no positions to go on from")

    def _event(self, stream: str, event: Event) -> Iterator[Outcome]:
        tracker = self._trackers.get(stream)
        if tracker is None:
            # The server lets its clients read some streams unasked.
            return
        verdict = Verdict.DELIVER if stream in self._unplaced else tracker.event(event.offset)
        if isinstance(verdict, Gap):
            yield Broken(f"{stream}: {verdict}")
        elif verdict is Verdict.DELIVER:
            yield Delivery(stream, event)

    def end(self) -> None:
        """Note that the connection is over."""
        for tracker in self._trackers.values():
            tracker.disconnected()

    def handled(self, stream: str) -> None:
        """Note that what comes after the last event of a stream that was delivered is wanted next, and keep that.

        Raises:
            OSError: it cannot be kept.
        """
        position = self._trackers[stream].position
        if position is not None and position != self._handled.get(stream):
            self._handled[stream] = position
            self._save(self._handled)

    @property
    def place(self) -> str:
        """Where the next connection goes on, as a part of a sentence."""
        count = len(self._positions())
        return f" from {_positions_of(self._positions())}" if 0 < count <= 3 else ""

    @property
    def farewell(self) -> str:
        """Up to where each stream was handled."""
        return f"handled up to {_positions_of(self._handled)}" if self._handled else ""


def _positions_of(positions: Mapping[str, Position]) -> str:
    return ", ".join(f"{stream} offset {one.offset} (epoch {one.epoch})" for stream, one in positions.items())


def _in_brackets(reason: str) -> str:
    return f" ({reason})" if reason else ""
