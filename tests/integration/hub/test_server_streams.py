"""Responses without an end on `python -m hub.server`: no limit of time ends them; a drain does, and the client."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from tests import servers
from tests.integration.hub.conftest import start_server
from tests.integration.hub.wire import Ended, Wire, request
from tests.programs import Server, stopped

#: Bytes that a server and the system may hold for a client that does not read: Twisted's buffer, what the system takes
#: in unsent, and what is on its way to a client of little room.
HELD = 1_048_576


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """Run a server of the streaming application while the block lasts."""
    application = "tests.integration.hub.streaming_application:application"
    with servers.temporary_var() as var, stopped(start_server(var, application, *options)) as server:
        yield server


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("--drain-spread", "0.2") as server:
        yield server


class Open(Protocol):
    """Asks for a response, and reads how it begins."""

    def __call__(self, server: Server, path: str, *, version: str = "1.1", room: int | None = None) -> Wire: ...


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open streams; their connections are closed at the end."""
    with ExitStack() as kept:

        def open_stream(server: Server, path: str, *, version: str = "1.1", room: int | None = None) -> Wire:
            wire = kept.enter_context(Wire(server, room=room))
            wire.send(request(path=path, version=version))
            status, headers = wire.head()
            assert (status, headers.get("transfer-encoding")) == (200, "chunked" if version == "1.1" else None)
            assert (wire.chunk() if version == "1.1" else wire.take(6)) == b"hello\n"
            return wire

        yield open_stream


def test_a_drain_has_the_application_end_it_and_does_not_wait_for_anything_else(server: Server, opened: Open) -> None:
    streams = [opened(server, "/stream") for _ in range(20)]
    server.signal(signal.SIGTERM)
    assert [(stream.chunk(), stream.chunk()) for stream in streams] == [(b"goodbye\n", b"")] * 20
    assert server.wait() == 0
    assert sum(line == "left /stream" for line in server.lines) == 20


def test_what_the_application_is_at_is_done_before_it_has_to_end(opened: Open, tmp_path: Path) -> None:
    with serving("--drain-spread", "0") as server:
        stream = opened(server, f"/busy?{tmp_path / 'gate'}")
        server.signal(signal.SIGTERM)
        server.wait_for("draining")
        (tmp_path / "gate").touch()
        assert [stream.chunk() for _ in range(3)] == [b"done\n", b"goodbye\n", b""]


def test_one_of_http_1_0_ends_with_its_connection(server: Server, opened: Open) -> None:
    stream = opened(server, "/stream", version="1.0")
    server.signal(signal.SIGTERM)
    assert stream.end() == b"goodbye\n"


def test_one_that_does_not_end_is_cut_when_the_time_is_up(opened: Open) -> None:
    with serving("--drain-timeout", "1") as server:
        stream = opened(server, "/stubborn")
        server.signal(signal.SIGTERM)
        with pytest.raises(Ended):
            stream.chunk()
        assert server.wait() == 0


def test_the_limit_on_the_time_of_requests_ends_only_what_has_an_end(opened: Open) -> None:
    with serving("--http-timeout", "1", "--websocket_timeout", "-1") as server:
        stream = opened(server, "/stream")
        plain = opened(server, "/plain")
        # The stream is older, and was looked at in the same rounds.
        assert plain.chunk() == b""
        server.signal(signal.SIGTERM)
        assert stream.chunk() == b"goodbye\n"


def test_it_lasts_as_long_as_a_socket_may(opened: Open) -> None:
    with serving("--websocket_timeout", "1") as server:
        stream = opened(server, "/stream")
        assert (stream.chunk(), stream.chunk()) == (b"goodbye\n", b"")


def test_a_client_that_goes_away_is_noticed_at_once(server: Server, opened: Open) -> None:
    opened(server, "/stream").socket.close()
    server.wait_for("left /stream")


def test_a_client_that_does_not_read_costs_a_bounded_number_of_bytes(server: Server, opened: Open) -> None:
    stream = opened(server, "/flood", room=4_096)
    found = server.wait_for(r"written (\d+) and the last is (\w+)")
    written = int(found[1])
    assert written < HELD
    assert found[2] == "waiting"
    received = b""
    while not received.endswith(b"last\n"):
        received += stream.chunk()
    assert received == b"x" * written + b"last\n"
    server.wait_for("(?m)^sent$")


def test_streams_leave_descriptors_for_requests(server: Server) -> None:
    assert server.url
    process = psutil.Process(server.process.pid)
    limit = process.num_fds() + 20
    process.rlimit(psutil.RLIMIT_NOFILE, (limit, limit))
    with ExitStack() as kept:
        statuses: list[int] = []
        # A quarter of so few is kept.
        while 503 not in statuses and len(statuses) < limit:
            wire = kept.enter_context(Wire(server))
            wire.send(request(path="/stream"))
            statuses.append(wire.head()[0])
        assert statuses[0] == 200
        assert statuses[-1] == 503
        with Wire(server) as asking:
            asking.send(request(path="/plain"))
            assert asking.head()[0] == 200


def test_one_that_is_cut_has_no_end_that_looks_right(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(request(path="/cut"))
        assert not wire.end().endswith(b"0\r\n\r\n")
    server.wait_for("left /cut")
