"""`python -m hub.server` as a service manager meets it: Daphne's options, and an end in order."""

import signal
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.hub.conftest import StartServer
from tests.integration.hub.patient_application import LARGE
from tests.programs import PATIENCE, Server
from tests.servers import wait_until
from tests.sockets import Socket
from tests.visitors import Answer, Visitor

#: Seconds that an end may take beyond the time it is given, on a slow machine.
SLACK = 10.0


def connect(server: Server) -> socket.socket:
    """Open a TCP connection."""
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE)


def handshake(server: Server, path: str) -> socket.socket:
    """Send the request of a WebSocket's handshake, and wait for nothing."""
    connection = connect(server)
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return connection


class Request(threading.Thread):
    """A request under way."""

    def __init__(self, server: Server, path: str) -> None:
        super().__init__()
        self._visitor = Visitor(server.url)
        self._path = path
        self._answer: Answer | None = None
        self.start()

    def run(self) -> None:
        self._answer = self._visitor.get(self._path)

    def answer(self) -> Answer:
        """Wait for the answer."""
        self.join(PATIENCE)
        assert self._answer is not None, "expected an answer"
        return self._answer


def refuses_connections(server: Server) -> bool:
    """Say whether nobody listens any more."""
    try:
        connect(server).close()
    except ConnectionRefusedError:
        return True
    return False


def ended_within(server: Server, seconds: float, since: float) -> bool:
    """Wait for the end, which must be in order; say whether it came in time."""
    assert server.wait() == 0, server.output
    return time.monotonic() - since < seconds + SLACK


def test_it_serves_any_application_at_its_own_root(start: StartServer) -> None:
    visitor = Visitor(start("--root-path", "/hub").url)
    assert visitor.get("/").json == {"root_path": "/hub"}
    assert visitor.get("/", **{"Daphne-Root-Path": "/evil"}).json == {"root_path": "/hub"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sends_the_open_sockets_back_and_ends_in_order(start: StartServer, number: signal.Signals) -> None:
    server = start("--drain-spread", "0.2")
    sockets = [Socket(server.url, "/open") for _ in range(20)]
    began = time.monotonic()
    server.signal(number)
    assert [socket.close_code() for socket in sockets] == [3001] * 20
    assert ended_within(server, 8.0, began)
    assert sum(line.startswith("left") for line in server.lines) == 20, "each application hears that its client left"


@pytest.mark.parametrize("path", ["/echo", "/beside"])
def test_what_a_socket_has_asked_for_is_answered_before_it_is_sent_back(
    start: StartServer, tmp_path: Path, path: str
) -> None:
    server = start("--drain-spread", "0")
    socket = Socket(server.url, f"{path}?{tmp_path / 'gate'}")
    socket.send('{"asked": 1}')
    server.wait_for("got")
    server.signal(signal.SIGTERM)
    server.wait_for("draining")
    (tmp_path / "gate").touch()
    assert socket.receive() == {"asked": 1}
    assert socket.close_code() == 3001
    assert server.wait() == 0


def test_a_client_that_takes_its_time_to_answer_the_close_gets_the_code_all_the_same(start: StartServer) -> None:
    server = start("--drain-spread", "0")
    sockets = [Socket(server.url, "/open") for _ in range(5)]
    server.signal(signal.SIGTERM)
    # It is time that is tested: longer than a slow network needs.
    time.sleep(1.5)
    assert [socket.close_code() for socket in sockets] == [3001] * 5
    assert server.wait() == 0


def test_many_may_come_while_it_is_busy(start: StartServer) -> None:
    server = start()
    assert server.url
    server.signal(signal.SIGSTOP)
    try:
        with ExitStack() as kept:
            # Who finds no room would wait until it goes on, which is never.
            waiting = [kept.enter_context(handshake(server, "/open")) for _ in range(200)]
            server.signal(signal.SIGCONT)
            assert all(connection.recv(12) == b"HTTP/1.1 101" for connection in waiting)
    finally:
        server.signal(signal.SIGCONT)


def test_a_request_under_way_is_finished_and_no_other_is_taken(start: StartServer, tmp_path: Path) -> None:
    server = start()
    request = Request(server, f"/wait?{tmp_path / 'gate'}")
    server.wait_for("begun http /wait")
    server.signal(signal.SIGTERM)
    wait_until(lambda: refuses_connections(server), "a server that takes no connections", seconds=PATIENCE)
    (tmp_path / "gate").touch()
    assert request.answer().status == 200
    assert server.wait() == 0


def test_an_answer_that_is_read_slowly_is_sent_to_its_end(start: StartServer) -> None:
    server = start()
    with connect(server) as connection:
        connection.sendall(b"GET /large HTTP/1.0\r\nHost: localhost\r\n\r\n")
        server.wait_for("answered /large")
        server.signal(signal.SIGTERM)
        server.wait_for("draining")
        received = 0
        while data := connection.recv(1_048_576):
            received += len(data)
    assert received > LARGE
    assert server.wait() == 0


def test_a_socket_that_is_just_being_opened_is_sent_back_too(start: StartServer, tmp_path: Path) -> None:
    server = start("--drain-timeout", "50")
    opening: list[Socket] = []
    thread = threading.Thread(target=lambda: opening.append(Socket(server.url, f"/wait?{tmp_path / 'gate'}")))
    thread.start()
    server.wait_for("begun websocket /wait")
    began = time.monotonic()
    server.signal(signal.SIGTERM)
    server.wait_for("draining")
    (tmp_path / "gate").touch()
    thread.join(PATIENCE)
    assert opening[0].close_code() == 3001
    assert ended_within(server, 5.0, began)


def test_what_never_ends_is_cut_when_the_time_is_up(start: StartServer) -> None:
    server = start("--drain-timeout", "1")
    with connect(server) as connection:
        connection.sendall(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.wait_for("begun http /never")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert ended_within(server, 1.0, began)


def test_a_second_signal_ends_it_at_once(start: StartServer) -> None:
    server = start("--drain-timeout", "1000")
    with connect(server) as connection:
        connection.sendall(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.wait_for("begun http /never")
        server.signal(signal.SIGTERM)
        server.wait_for("draining")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_two_hundred_half_open_handshakes_do_not_keep_it_from_ending_in_order(start: StartServer) -> None:
    server = start("--drain-timeout", "1")
    with ExitStack() as kept:
        for number in range(200):
            if number % 3 == 0:
                kept.enter_context(connect(server)).sendall(b"GET /open HTTP/1.1\r\nHost:")
            elif number % 3 == 1:
                kept.enter_context(handshake(server, "/never"))
            else:
                # Gone before its application has begun, or soon after.
                handshake(server, "/open").close()
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        assert ended_within(server, 1.0, began)
    assert "Traceback" not in server.output


def test_a_server_that_is_told_to_end_as_soon_as_it_listens_ends_in_order(start: StartServer) -> None:
    # Whether it runs already is a matter of luck, and must not matter: so some are tried.
    for _ in range(5):
        server = start("--drain-timeout", "1")
        assert server.url
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "Traceback" not in server.output
