"""Who is let go by `python -m hub.server` for being silent, and who is not."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import PING, PONG, TEXT, Ended, Wire, frame
from tests.programs import Server

#: Seconds: longer than the server needs to ask, to wait, and to look (every two seconds).
TOO_LONG = 7.0


@dataclass(frozen=True)
class Clients:
    """Clients of one server, after a while in which each has behaved in its way."""

    #: Has read nothing, and has room for little.
    stalled: Wire
    #: Has sent more than its application, which is at work, can take; it goes on once the gate exists.
    waiting: Wire
    gate: Path
    #: Has sent messages all the time, and no pong.
    talking: Wire
    #: Has room for everything, and has done nothing.
    silent: Wire
    output: str


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that asks after a second, and waits for another."""
    with serving_patiently("--ping-interval", "1", "--ping-timeout", "1") as server:
        yield server


@pytest.fixture(scope="module")
def after_a_while(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """All clients, when each could have been taken for dead. They wait together, so that the tests need not."""
    gate = tmp_path_factory.mktemp("gate") / "gate"
    with ExitStack() as kept:
        # Too little for Twisted to notice: the system takes it all, and keeps what the client has no room for.
        stalled = kept.enter_context(Wire(server, room=4_096)).open("/burst?60")
        waiting = kept.enter_context(Wire(server)).open(f"/echo?{gate}")
        talking = kept.enter_context(Wire(server)).open("/echo")
        silent = kept.enter_context(Wire(server)).open("/open")
        waiting.send(frame(TEXT, b"a word") * 200)
        until = time.monotonic() + TOO_LONG
        while time.monotonic() < until:
            talking.send(frame(TEXT, b"more"))
            assert next_message(talking, answers=False) == b"more"
            time.sleep(0.2)
        yield Clients(stalled, waiting, gate, talking, silent, server.output)


def next_message(client: Wire, *, answers: bool = True) -> bytes:
    """Return the next text, and answer the pings that come before it."""
    while True:
        opcode, payload = client.frame()
        if opcode == TEXT:
            return payload
        assert opcode == PING
        if answers:
            client.send(frame(PONG, payload))


def test_a_client_that_does_not_read_for_a_while_is_not_taken_for_dead(after_a_while: Clients) -> None:
    assert "burst" in after_a_while.output, "the server has sent all, and waits for nothing"
    client = after_a_while.stalled
    assert [int(next_message(client)) for _ in range(60)] == list(range(60))
    client.send(frame(TEXT, b"still here"))
    assert next_message(client) == b"still here"


def test_a_client_whose_application_is_at_work_is_not_taken_for_dead(after_a_while: Clients) -> None:
    # No more is read from it, so its pongs cannot be heard.
    after_a_while.gate.touch()
    assert [next_message(after_a_while.waiting) for _ in range(200)] == [b"a word"] * 200


def test_a_client_that_sends_something_needs_no_pong(after_a_while: Clients) -> None:
    after_a_while.talking.send(frame(TEXT, b"still here"))
    assert next_message(after_a_while.talking) == b"still here"


def test_a_client_that_takes_what_is_sent_and_does_not_answer_is_let_go(after_a_while: Clients) -> None:
    assert after_a_while.silent.frame() == (PING, b"")
    with pytest.raises(Ended):
        after_a_while.silent.frame()
