"""Follow a stream through all its connections: keep the position, mend gaps, and know when to end."""

import time
from dataclasses import dataclass

from clients.address import Address
from clients.backoff import Backoff
from clients.connection import Connection, Ended
from clients.deadline import Deadline
from clients.event_command import run_command
from clients.exit_codes import ExitCode
from clients.heartbeat import Heartbeat
from clients.output import Output
from clients.position import Gap, Lost, Position, Tracker, Verdict
from clients.process import interrupts_held
from clients.wire import ErrorFrame, Event, Hello, Reply, Unreadable, read_frame

#: How long a connection may take from the first packet to the server's hello.
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
    """Delivers each event of a stream once and in order, to the output and to the command.

    Arguments:
        order: what to follow, and until when. Its time limit starts now.
        tracker: where to go on from.
        output: where events and messages go.
        backoff: how long to wait between attempts.
    """

    def __init__(self, order: Order, tracker: Tracker, output: Output, backoff: Backoff) -> None:
        self._order = order
        self._tracker = tracker
        self._output = output
        self._backoff = backoff
        self._deadline = Deadline(order.seconds)
        self._headers = [f"Authorization: Bearer {order.token}"] if order.token else []
        self._delivered = 0
        self._stream = ""
        self._hello_at: float | None = None
        self._handled: Position | None = None

    def run(self) -> ExitCode:
        """Follow the stream to the end of the order, and return how it ended.

        Raises:
            BrokenPipeError: nobody reads the events any more.
        """
        try:
            while True:
                self._wait_after(self._follow_one_connection())
        except _Finished as finished:
            return finished.status
        finally:
            self._say_position()

    def _follow_one_connection(self) -> str:
        """Return why the connection ended, when another one may do better."""
        url = self._order.address.url(self._tracker.query)
        connection = Connection(url, self._headers, Heartbeat(time.monotonic()))
        self._hello_at = None
        try:
            hello_due = Deadline(HELLO_SECONDS)
            while True:
                item = connection.receive(self._patience(hello_due))
                self._check_deadline()
                trouble = self._why_silent(hello_due) if item is None else self._take(item)
                if trouble is not None:
                    return trouble
        finally:
            connection.close()
            self._tracker.disconnected()

    def _patience(self, hello_due: Deadline) -> float | None:
        return self._deadline.left(at_most=hello_due.left() if self._hello_at is None else None)

    def _why_silent(self, hello_due: Deadline) -> str | None:
        late = self._hello_at is None and hello_due.passed
        return f"no hello within {HELLO_SECONDS:g} seconds" if late else None

    def _take(self, item: str | Ended) -> str | None:
        """Handle what came; return why the connection is of no more use, if so."""
        if isinstance(item, Ended):
            return self._reason(item)
        match read_frame(item):
            case Hello() as hello:
                return self._take_hello(hello)
            case Event() as event:
                return self._take_event(event)
            case ErrorFrame(code, message):
                self._output.say(f"the server says: {message} (error {code})")
            case Unreadable(problem):
                if self._hello_at is None:
                    return f"this is no Hubbub stream: {problem}"
                # If it was an event, the next one shows a gap.
                self._output.say(f"a message was passed over: {problem}")
            case Reply():
                pass
        return None

    def _take_hello(self, hello: Hello) -> str | None:
        self._hello_at = time.monotonic()
        self._stream = hello.stream
        outcome = self._tracker.hello(hello.epoch, hello.offset, hello.recovered)
        self._handled = self._tracker.position
        name = f" as {hello.user}" if hello.user else ""
        self._output.say(f"connected to {hello.stream}{name} at offset {hello.offset}")
        if isinstance(outcome, Lost):
            self._output.say(str(outcome))
        return str(outcome) if isinstance(outcome, Gap) else None

    def _take_event(self, event: Event) -> str | None:
        verdict = self._tracker.event(event.offset)
        if isinstance(verdict, Gap):
            return str(verdict)
        if verdict is Verdict.DELIVER:
            self._deliver(event)
        return None

    def _deliver(self, event: Event) -> None:
        # Before interrupts are held, so that one ends a wait for a slow reader of the output.
        self._output.wait()
        # An event that was printed must count as handled: an interrupt between the two would print it twice.
        with interrupts_held():
            self._output.event(event)
            if self._order.command is None:
                self._handled = self._tracker.position
        if self._order.command is not None:
            self._run_command(self._order.command, event)
            # Only now: an event whose command was interrupted is to be had again.
            self._handled = self._tracker.position
        # Somebody who comes into the room meanwhile must not end a wait for messages.
        self._delivered += event.offset is not None
        if self._delivered == self._order.count:
            raise _Finished(ExitCode.DONE)

    def _run_command(self, command: str, event: Event) -> None:
        place = "an ephemeral event" if event.offset is None else f"offset {event.offset}"
        try:
            problem = run_command(command, event, self._stream, self._deadline.left())
        except TimeoutError:
            self._output.say(f"the time limit ended the command for {place} ({event.type})")
            raise self._out_of_time() from None
        if problem is not None:
            self._output.say(f"{problem}, for {place} ({event.type})")

    def _reason(self, ended: Ended) -> str:
        if not ended.final:
            return ended.reason
        hint = (
            "" if self._order.token or self._connected_once else "; no token was given: use --token or set HUBBUB_TOKEN"
        )
        self._output.say(f"refused by {self._order.address}: {ended.reason}{hint}")
        raise _Finished(ExitCode.REFUSED)

    def _wait_after(self, reason: str) -> None:
        lasted = 0.0 if self._hello_at is None else time.monotonic() - self._hello_at
        pause = self._backoff.failed(lasted)
        retries = self._order.retries
        if retries is None and not self._connected_once:
            retries = RETRIES_AT_START
        if retries is not None and self._backoff.failures > retries:
            self._output.say(f"{reason}; given up on {self._order.address} after attempt {self._backoff.failures}")
            raise _Finished(ExitCode.UNREACHABLE)
        place = "" if self._tracker.position is None else f" from offset {self._tracker.position.offset}"
        self._output.say(f"{reason}; reconnecting{place} in {pause:.1f} s")
        time.sleep(self._deadline.left(at_most=pause) or 0.0)
        self._check_deadline()

    @property
    def _connected_once(self) -> bool:
        return bool(self._stream)

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

    def _say_position(self) -> None:
        if self._handled is not None:
            self._output.say(f"to go on from here: --since {self._handled.offset} --epoch {self._handled.epoch}")
