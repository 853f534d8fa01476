"""Bodies of requests to `python -m hub.server`: passed on as they come, and bounded in size and time."""

import json
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import Ended, Wire, request
from tests.programs import Server
from tests.servers import wait_until

#: Largest body, in bytes.
LIMIT = 67_108_864


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that waits for nobody long. At the end it must have printed no traceback."""
    bounds = ("--head-timeout", "1", "--body-timeout", "1", "--close-timeout", "1", "--max-body-size", str(LIMIT))
    with serving_patiently(*bounds) as server:
        yield server
    assert "Traceback" not in server.output, server.output


@pytest.fixture
def client(server: Server) -> Iterator[Wire]:
    """A connection."""
    with Wire(server) as client:
        yield client


def upload(size: int, path: str = "/upload", **headers: str) -> bytes:
    """Return the head of a request with a body of so many bytes."""
    return request("POST", path, Content_Length=str(size), **headers)


def summary(body: bytes) -> dict[str, object]:
    """Return what the application answers to a body."""
    return {"size": len(body), "digest": sha256(body).hexdigest()}


def chunks(*pieces: bytes) -> bytes:
    """Return a body in chunks (RFC 9112, 7.1)."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize("size", [0, 1, 8_191, 8_192, 8_193, 1_000_000])
def test_a_body_of_a_known_length_arrives_whole(client: Wire, size: int) -> None:
    body = bytes(index % 251 for index in range(size))
    client.send(upload(size) + body)
    assert json.loads(client.answer()[2]) == summary(body)


def test_a_body_of_many_chunks_arrives_whole(client: Wire) -> None:
    pieces = [b"%d" % number * (number % 50 + 1) for number in range(5_000)]
    client.send(request("POST", "/upload", Transfer_Encoding="chunked") + chunks(*pieces))
    assert json.loads(client.answer()[2]) == summary(b"".join(pieces))


def test_a_form_is_the_applications_business(client: Wire) -> None:
    body = b"no multipart at all"
    client.send(upload(len(body), Content_Type="multipart/form-data; boundary=x") + body)
    assert json.loads(client.answer()[2]) == summary(body)


def test_an_application_sees_a_body_as_it_comes(client: Wire, server: Server) -> None:
    client.send(upload(1_111_111) + b"begun")
    server.wait_for(r"(?m)^got 5$")
    client.send(b"x" * 1_111_106)
    assert json.loads(client.answer()[2])["size"] == 1_111_111


def test_requests_follow_each_other_on_one_connection(client: Wire) -> None:
    client.send(upload(3) + b"one" + upload(0) + request("POST", "/upload", Transfer_Encoding="chunked") + chunks(b"3"))
    client.send(request("GET", "/upload"))
    sizes = [json.loads(client.answer()[2])["size"] for _ in range(4)]
    assert sizes == [3, 0, 1, 0]


def test_a_body_that_its_application_does_not_read_waits_at_the_client(
    client: Wire, server: Server, tmp_path: Path
) -> None:
    process = psutil.Process(server.process.pid)
    body = bytes(50_000_000)
    client.send(upload(len(body), f"/upload?{tmp_path / 'gate'}"))
    before, sent = process.memory_info().rss, 0
    client.socket.settimeout(2.0)
    # Longer than a body may take: it is not the client that is slow.
    with pytest.raises(TimeoutError):
        while sent < len(body):
            sent += client.socket.send(body[sent : sent + 65_536])
    assert process.memory_info().rss - before < 8_000_000
    (tmp_path / "gate").touch()
    client.socket.settimeout(60.0)
    client.send(body[sent:])
    assert json.loads(client.answer()[2]) == summary(body)


def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_comes(client: Wire) -> None:
    client.send(upload(LIMIT + 1, Expect="100-continue"))
    status, headers, body = client.answer()
    assert (status, body) == (413, f"expected a body of up to {LIMIT} bytes\n".encode())
    assert headers["connection"] == "close"
    with pytest.raises(Ended):
        client.take(1)


def test_a_body_in_chunks_that_grows_too_large_is_refused_when_it_does(server: Server) -> None:
    with serving_patiently("--max-body-size", "100000") as small, Wire(small) as client:
        client.send(request("POST", "/upload", Transfer_Encoding="chunked"))
        for _ in range(20):
            client.send(chunks(b"x" * 10_000)[:-5])
        assert client.answer()[0] == 413
        small.wait_for(r"cut off after \d+")


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(client: Wire) -> None:
    client.send(upload(5, Expect="100-continue"))
    assert client.answer()[0] == 100
    client.send(b"hello")
    assert json.loads(client.answer()[2])["size"] == 5


def test_a_body_that_comes_a_byte_at_a_time_ends_the_connection(client: Wire, server: Server) -> None:
    client.send(upload(1_000))
    with pytest.raises(ConnectionError):
        for _ in range(1_000):
            client.send(b"x")
            time.sleep(0.1)
    server.wait_for(r"cut off after \d+")


def test_a_body_that_stops_is_answered_with_408(client: Wire) -> None:
    client.send(upload(1_000) + b"begun")
    assert client.answer()[0] == 408
    with pytest.raises(Ended):
        client.take(1)


def test_what_is_left_of_a_body_after_the_answer_is_thrown_away(client: Wire) -> None:
    client.send(upload(10, "/refuse") + b"12345")
    assert client.answer()[0] == 403
    client.send(b"67890" + upload(2) + b"ok")
    assert json.loads(client.answer()[2])["size"] == 2


def test_a_body_that_goes_on_after_the_answer_ends_the_connection(client: Wire) -> None:
    client.send(upload(LIMIT, "/refuse"))
    assert client.answer()[0] == 403
    with pytest.raises(ConnectionError):
        while True:
            client.send(b"x" * 1_000)
            time.sleep(0.05)


@pytest.mark.parametrize("said", [b"", b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n"])
def test_who_does_not_say_what_they_want_is_let_go(client: Wire, said: bytes) -> None:
    client.send(said)
    words = client.end()
    assert words.startswith(b"HTTP/1.1 408 ") if b"\n" in said else words == b""


def test_a_head_that_comes_a_byte_at_a_time_ends_the_connection(client: Wire) -> None:
    with pytest.raises(ConnectionError):
        for byte in b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000:
            client.send(bytes([byte]))
            time.sleep(0.02)


def test_a_second_request_has_its_own_time(client: Wire) -> None:
    client.send(request("GET", "/upload"))
    assert client.answer()[0] == 200
    # Longer than a head may take: between requests there is no hurry.
    time.sleep(2)
    client.send(request("GET", "/upload"))
    assert client.answer()[0] == 200
    client.send(b"GET / HT")
    assert client.end() == b""


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no request"),
        pytest.param(request("POST", "/upload", Content_Length="x"), id="no number"),
        pytest.param(request("POST", "/upload", Content_Length="-1"), id="a negative number"),
        pytest.param(request("POST", "/upload", Content_Length="1", Transfer_Encoding="chunked"), id="two lengths"),
        pytest.param(request("POST", "/upload", Transfer_Encoding="chunked") + b"xyz\r\n", id="no chunk"),
        pytest.param(request("GET", "/", X="x" * 20_000), id="a long header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 600 + b"\r\n", id="many headers"),
    ],
)
def test_a_wrong_request_is_answered_with_400(client: Wire, data: bytes) -> None:
    client.send(data)
    assert client.answer()[0] == 400
    assert client.end() == b""


def test_a_client_that_leaves_in_the_middle_of_its_body_is_noticed(client: Wire, server: Server) -> None:
    client.send(upload(77_777) + b"x" * 44_444)
    server.wait_for("got 44444")
    client.socket.shutdown(socket.SHUT_RDWR)
    server.wait_for("cut off after 44444")
    process = psutil.Process(server.process.pid)
    wait_until(lambda: process.is_running(), "the server to go on")
