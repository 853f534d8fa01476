"""`python -m hub.server` at its bounds: threads that do not end, and file descriptors that run out."""

import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from tests import servers
from tests.integration.hub.blocking_application import MINUTES
from tests.integration.hub.conftest import start_server
from tests.integration.hub.test_server import connect
from tests.programs import Server, stopped
from tests.sockets import Refused, Socket
from tests.visitors import Visitor


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of the blocking application that drains for a second."""
    application = "tests.integration.hub.blocking_application:application"
    with servers.temporary_var() as var, stopped(start_server(var, application, "--drain-timeout", "1")) as running:
        yield running


def test_a_thread_that_does_not_end_does_not_keep_it_from_ending(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /block HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.wait_for("blocked")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    assert time.monotonic() - began < MINUTES / 5
    assert "exiting without what some threads are still at" in server.output


def test_sockets_leave_descriptors_for_requests(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    limit = process.num_fds() + 20
    process.rlimit(psutil.RLIMIT_NOFILE, (limit, limit))
    let_in: list[Socket] = []
    with pytest.raises(Refused, match="503"):
        # A quarter of so few is kept.
        while len(let_in) < limit:
            let_in.append(Socket(server.url, "/open"))
    assert let_in
    for _ in range(5):
        assert Visitor(server.url).get("/").status == 200
    # There is room again when one has gone.
    for one in let_in:
        one.drop()
    servers.wait_until(lambda: _is_let_in(server), "a socket to be let in again", seconds=60)


def _is_let_in(server: Server) -> bool:
    try:
        Socket(server.url, "/open").drop()
    except Refused:
        return False
    return True
