"""Follow events through all connections: deliver each one once, come back after breaks, and know when to end."""

import time
from dataclasses import dataclass

from clients.address import Address
from clients.backoff import Backoff
from clients.connection import Connection, Ended
from clients.conversation import Broken, Conversation, Delivery, Note, Outcome, Refused
from clients.deadline import Deadline
from clients.event_command import run_command
from clients.exit_codes import ExitCode
from clients.output import Output
from clients.process import interrupts_held
from clients.wire import Event

#: How long a connection may take from the first packet to the server's hello, or to the last of its subscriptions.
HELLO_SECONDS = 15.0
#: Repeated attempts when no connection was made yet and --retries is not given.
RETRIES_AT_START = 5


@dataclass(frozen=True)
class Order:
    """What to follow, and until when."""

    address: Address
    token: str | None = None
    count: int | None = None
    """How many events to deliver; None for no end."""
    seconds: float | None = None
    """Time limit of the whole run."""
    retries: int | None = None
    """How many repeated attempts in a row may fail; None for no end once connected."""
    command: str | None = None
    """A shell command to run for each event."""


class _Finished(Exception):
    def __init__(self, status: ExitCode) -> None:
        self.status = status


class Subscriber:
    """Delivers each event once and in the order of its stream, to the output and to the command.

    Arguments:
        order: what to follow, and until when. Its time limit starts now.
        conversation: asks for the events, and knows which come next.
        output: where events and messages go.
        backoff: how long to wait between attempts.
    """

    def __init__(self, order: Order, conversation: Conversation, output: Output, backoff: Backoff) -> None:
        self._order = order
        self._conversation = conversation
        self._output = output
        self._backoff = backoff
        self._deadline = Deadline(order.seconds)
        self._delivered = 0
        self._connected_once = False
        self._hello_at: float | None = None

    def run(self) -> ExitCode:
        """Follow to the end of the order, and return how it ended.

        Raises:
            BrokenPipeError: nobody reads the events any more.
        """
        try:
            while True:
                self._wait_after(self._follow_one_connection())
        except _Finished as finished:
            return finished.status
        finally:
            if farewell := self._conversation.farewell:
                self._output.say(farewell)

    def _follow_one_connection(self) -> str:
        """Return why the connection ended, when another one may do better."""
        connection = self._conversation.begin()
        self._hello_at = None
        try:
            hello_due = Deadline(HELLO_SECONDS)
            while True:
                item = connection.receive(self._patience(hello_due))
                self._check_deadline()
                trouble = self._why_silent(hello_due) if item is None else self._take(connection, item)
                if trouble is not None:
                    return trouble
        finally:
            connection.close()
            self._conversation.end()

    def _patience(self, hello_due: Deadline) -> float | None:
        return self._deadline.left(at_most=hello_due.left() if self._hello_at is None else None)

    def _why_silent(self, hello_due: Deadline) -> str | None:
        late = self._hello_at is None and hello_due.passed
        return f"no hello within {HELLO_SECONDS:g} seconds" if late else None

    def _take(self, connection: Connection, item: str | Ended) -> str | None:
        """Handle what came; return why the connection is of no more use, if so."""
        if isinstance(item, Ended):
            if item.final:
                raise self._refused(item.reason)
            return item.reason
        for outcome in self._conversation.take(connection, item):
            if self._hello_at is None and self._conversation.is_open:
                self._hello_at, self._connected_once = time.monotonic(), True
            trouble = self._handle(outcome)
            if trouble is not None:
                return trouble
        return None

    def _handle(self, outcome: Outcome) -> str | None:
        match outcome:
            case Note(sentence):
                self._output.say(sentence)
            case Delivery(stream, event):
                self._deliver(stream, event)
            case Refused(reason):
                raise self._refused(reason)
            case Broken(reason):
                return reason
        return None

    def _deliver(self, stream: str, event: Event) -> None:
        # Before interrupts are held, so that one ends a wait for a slow reader of the output.
        self._output.wait()
        # An event that was printed must count as handled: an interrupt between the two would print it twice.
        with interrupts_held():
            self._output.event(event)
            if self._order.command is None:
                self._handled(stream)
        if self._order.command is not None:
            self._run_command(self._order.command, event, stream)
            # Only now: an event whose command was interrupted is to be had again.
            self._handled(stream)
        # Somebody who comes into the room meanwhile must not end a wait for messages.
        self._delivered += event.offset is not None
        if self._delivered == self._order.count:
            raise _Finished(ExitCode.DONE)

    def _handled(self, stream: str) -> None:
        try:
            self._conversation.handled(stream)
        except OSError as error:
            self._output.say(f"the positions could not be kept: {error}")

    def _run_command(self, command: str, event: Event, stream: str) -> None:
        place = "an ephemeral event" if event.offset is None else f"offset {event.offset}"
        try:
            problem = run_command(command, event, stream, self._deadline.left())
        except TimeoutError:
            self._output.say(f"the time limit ended the command for {place} ({event.type})")
            raise self._out_of_time() from None
        if problem is not None:
            self._output.say(f"{problem}, for {place} ({event.type})")

    def _refused(self, reason: str) -> _Finished:
        hint = (
            "" if self._order.token or self._connected_once else "; no token was given: use --token or set HUBBUB_TOKEN"
        )
        self._output.say(f"refused by {self._order.address}: {reason}{hint}")
        return _Finished(ExitCode.REFUSED)

    def _wait_after(self, reason: str) -> None:
        lasted = 0.0 if self._hello_at is None else time.monotonic() - self._hello_at
        pause = self._backoff.failed(lasted)
        retries = self._order.retries
        if retries is None and not self._connected_once:
            retries = RETRIES_AT_START
        if retries is not None and self._backoff.failures > retries:
            self._output.say(f"{reason}; given up on {self._order.address} after attempt {self._backoff.failures}")
            raise _Finished(ExitCode.UNREACHABLE)
        self._output.say(f"{reason}; reconnecting{self._conversation.place} in {pause:.1f} s")
        time.sleep(self._deadline.left(at_most=pause) or 0.0)
        self._check_deadline()

    def _check_deadline(self) -> None:
        if self._deadline.passed:
            raise self._out_of_time()

    def _out_of_time(self) -> _Finished:
        if not self._connected_once:
            self._output.say(f"no connection to {self._order.address} within {self._order.seconds:g} seconds")
            return _Finished(ExitCode.UNREACHABLE)
        if self._order.count is None:
            return _Finished(ExitCode.DONE)
        self._output.say(f"{self._delivered} of {self._order.count} events within {self._order.seconds:g} seconds")
        return _Finished(ExitCode.TIMEOUT)
