"""Opening a WebSocket on `python -m hub.server` (RFC 6455, 4.2): what is let in, and how the rest is refused."""

import base64
from collections.abc import Iterator

import pytest

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import HANDSHAKE, TEXT, Ended, Wire, frame, request
from tests.programs import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server whose application has a second to accept. At the end it must have printed no traceback."""
    with serving_patiently("--websocket_connect_timeout", "1", "--drain-timeout", "1") as server:
        yield server
    assert "Traceback" not in server.output, server.output


def altered(**changes: str | None) -> dict[str, str]:
    """Return the headers of a handshake with some changed, or left out (None)."""
    headers = HANDSHAKE | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def test_the_answer_proves_that_the_key_was_read(server: Server) -> None:
    with Wire(server) as client:
        client.send(request(path="/echo", **HANDSHAKE))
        status, headers, _ = client.answer()
    assert status == 101
    assert headers["upgrade"].lower() == "websocket"
    assert headers["connection"].lower() == "upgrade"
    # The example of RFC 6455, 1.3.
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert "sec-websocket-extensions" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(altered(Upgrade="WebSocket", Connection="UPGRADE"), id="in capital letters"),
        pytest.param(altered(Connection="keep-alive, Upgrade"), id="beside other words"),
        pytest.param(altered(Upgrade="h2c, websocket"), id="beside another protocol"),
        pytest.param(altered(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"), id="extensions"),
        pytest.param(altered(Sec_WebSocket_Protocol="chat, superchat"), id="protocols"),
        pytest.param(altered(Origin="https://elsewhere.example"), id="from elsewhere"),
        pytest.param(altered(Origin="null"), id="from nowhere"),
    ],
)
def test_a_handshake_may_have_many_forms(server: Server, headers: dict[str, str]) -> None:
    with Wire(server) as client:
        client.send(request(path="/echo", **headers))
        status, answered, _ = client.answer()
        assert status == 101
        assert {"sec-websocket-extensions", "sec-websocket-protocol"}.isdisjoint(answered)
        client.send(frame(TEXT, b"hello"))
        assert client.frame() == (TEXT, b"hello")


def key(size: int) -> str:
    """Return a key of so many bytes."""
    return base64.b64encode(bytes(size)).decode()


REFUSED = {
    "no key": (altered(Sec_WebSocket_Key=None), 400),
    "an empty key": (altered(Sec_WebSocket_Key=""), 400),
    "a key that is too short": (altered(Sec_WebSocket_Key=key(15)), 400),
    "a key that is too long": (altered(Sec_WebSocket_Key=key(17)), 400),
    "a key that is no base64": (altered(Sec_WebSocket_Key="!" * 22 + "=="), 400),
    "no version": (altered(Sec_WebSocket_Version=None), 426),
    "version 8, of a draft": (altered(Sec_WebSocket_Version="8"), 426),
    "version 14": (altered(Sec_WebSocket_Version="14"), 426),
    "no number as the version": (altered(Sec_WebSocket_Version="latest"), 426),
    "two versions": (altered(Sec_WebSocket_Version="13, 8"), 426),
    "no Connection header": (altered(Connection=None), 400),
    "another Connection header": (altered(Connection="keep-alive"), 400),
    "a body": (altered(Content_Length="5"), 400),
    "a body in chunks": (altered(Transfer_Encoding="chunked"), 400),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_handshake_that_is_wrong_is_refused_with_a_reason(server: Server, what: str) -> None:
    headers, expected = REFUSED[what]
    with Wire(server) as client:
        client.send(request(path="/echo", **headers))
        status, answered, body = client.answer()
    assert status == expected
    assert body.startswith(b"expected ")
    if expected == 426:
        assert answered["sec-websocket-version"] == "13"
        assert answered["upgrade"] == "websocket"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "BREW"])
def test_no_method_but_get_opens_a_socket(server: Server, method: str) -> None:
    with Wire(server) as client:
        client.send(request(method, "/echo", **HANDSHAKE))
        status, headers, _ = client.answer(has_body=method != "HEAD")
        assert (status, headers["allow"]) == (405, "GET")


def test_http_1_0_opens_no_socket(server: Server) -> None:
    with Wire(server) as client:
        client.send(request("GET", "/echo", "1.0", **HANDSHAKE))
        assert client.answer()[0] == 400


@pytest.mark.parametrize("name", ["Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_a_header_that_may_come_once_is_refused_when_it_comes_twice(server: Server, name: str) -> None:
    twice = request(path="/echo", **HANDSHAKE).replace(
        f"{name}: {HANDSHAKE[name]}".encode(), f"{name}: {HANDSHAKE[name]}\r\n{name}: {HANDSHAKE[name]}".encode()
    )
    with Wire(server) as client:
        client.send(twice)
        assert client.answer()[0] in {400, 426}


def test_a_connection_may_be_tried_again_after_a_refusal(server: Server) -> None:
    with Wire(server) as client:
        client.send(request(path="/echo", **altered(Sec_WebSocket_Version="8")))
        assert client.answer()[0] == 426
        client.open("/echo")


@pytest.mark.parametrize("split", [1, 20, 130])
def test_a_handshake_may_come_in_pieces(server: Server, split: int) -> None:
    data = request(path="/echo", **HANDSHAKE)
    with Wire(server) as client:
        for start in range(0, len(data), split):
            client.send(data[start : start + split])
        assert client.answer()[0] == 101


def test_what_comes_right_behind_the_handshake_is_not_lost(server: Server) -> None:
    with Wire(server) as client:
        client.send(request(path="/echo", **HANDSHAKE) + frame(TEXT, b"impatient\r\n\r\n"))
        assert client.answer()[0] == 101
        client.send(frame(TEXT, b"patient"))
        assert [client.frame() for _ in range(2)] == [(TEXT, b"impatient\r\n\r\n"), (TEXT, b"patient")]


def test_a_client_that_floods_before_it_is_let_in_is_cut_off(server: Server) -> None:
    with Wire(server) as client:
        client.send(request(path="/never", **HANDSHAKE))
        with pytest.raises(ConnectionError):
            for _ in range(1_000):
                client.send(bytes(65_536))


def test_an_application_that_does_not_accept_in_time_is_answered_for(server: Server) -> None:
    with Wire(server) as client:
        client.send(request(path="/never", **HANDSHAKE))
        status, _, body = client.answer()
        assert (status, body) == (503, b"the application did not answer in time\n")
        with pytest.raises(Ended):
            client.take(1)
