"""The subscriber inside the test's own process, where its clockwork can be set."""

import io
import os
import signal
from collections.abc import Iterator

import pytest

from clients import process
from clients.address import subscribe_address
from clients.backoff import Backoff
from clients.exit_codes import ExitCode
from clients.output import Output
from clients.plain_stream import PlainStream
from clients.position import Tracker
from clients.subscriber import Order, Subscriber
from clients.wire import Event
from tests.integration.clients.scripted_stream import Peer, ScriptedStream


def short(peer: Peer) -> None:
    peer.hello(0)


def one_event(peer: Peer) -> None:
    peer.hello(0)
    peer.events(1)
    peer.until_closed()


def follow(server: ScriptedStream, backoff: Backoff, messages: io.StringIO | None = None) -> ExitCode:
    address = subscribe_address(server.url)
    order = Order(address, count=1, retries=1)
    output = Output(io.StringIO(), messages or io.StringIO(), as_json=True, name="subscribe")
    return Subscriber(order, PlainStream(address, None, Tracker()), output, backoff).run()


def test_connections_that_lasted_start_the_count_of_retries_again() -> None:
    with ScriptedStream(short, short, short, one_event) as server:
        assert follow(server, Backoff(first=0.001, stable=1e-9)) is ExitCode.DONE


def test_connections_that_did_not_last_use_the_retries_up() -> None:
    with ScriptedStream(short, short) as server:
        assert follow(server, Backoff(first=0.001, stable=60)) is ExitCode.UNREACHABLE


def test_a_server_that_accepts_and_says_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.subscriber.HELLO_SECONDS", 0.3)

    def mute(peer: Peer) -> None:
        peer.accept()
        peer.until_closed()

    messages = io.StringIO()
    with ScriptedStream(mute, mute) as server:
        assert follow(server, Backoff(first=0.001), messages) is ExitCode.UNREACHABLE
    assert "no hello within 0.3 seconds; reconnecting in" in messages.getvalue()


class InterruptedOutput(Output):
    """Is interrupted the moment after an event was printed."""

    def event(self, event: Event) -> None:
        super().event(event)
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Put the handlers of signals back that a command has set."""
    before = {number: signal.getsignal(number) for number in process.INTERRUPTS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
def test_an_event_that_was_printed_is_behind_the_position_even_when_an_interrupt_comes_just_then() -> None:
    events, messages = io.StringIO(), io.StringIO()
    output = InterruptedOutput(events, messages, as_json=True, name="subscribe")
    with ScriptedStream(one_event) as server:
        address = subscribe_address(server.url)
        subscriber = Subscriber(Order(address), PlainStream(address, None, Tracker()), output, Backoff())
        assert process.run(subscriber.run) == ExitCode.INTERRUPTED
    assert events.getvalue().count("\n") == 1
    assert "to go on from here: --since 1 " in messages.getvalue()
