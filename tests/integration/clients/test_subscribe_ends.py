"""How the subscriber ends: each exit status, and what it says then."""

import signal
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.clients.certificates import self_signed
from tests.integration.clients.commands import finished, first_line, run, started
from tests.integration.clients.scripted_stream import Peer, ScriptedStream


def three_events(peer: Peer) -> None:
    peer.hello(0)
    peer.events(1, 2, 3)
    peer.until_closed()


def silence(peer: Peer) -> None:
    """Neither accept nor refuse."""
    peer.receive()


def nonsense(peer: Peer) -> None:
    peer.send_bytes(b"220 mail.example.org ESMTP\r\n")


def refusal(status: int) -> Callable[[Peer], None]:
    return lambda peer: peer.refuse(status)


def closed_at_once(code: int) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send({"error": {"code": 103, "message": "permission denied"}})
        peer.close(code)
        peer.until_closed()

    return script


@pytest.fixture
def free_address() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_0_when_the_count_is_reached() -> None:
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--count", "2", "--json")
    assert (result.status, result.offsets) == (0, [1, 2])


def test_0_when_the_time_is_up_and_no_count_was_asked_for() -> None:
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--timeout", "1.5", "--json")
    assert (result.status, result.offsets) == (0, [1, 2, 3])


def test_2_when_the_command_line_is_wrong() -> None:
    result = run("subscribe", "lobby")
    assert result.status == 2
    assert "expected an address such as ws://127.0.0.1:8000/ws/chat/lobby/" in result.messages


@pytest.mark.parametrize("status", [401, 403, 404])
def test_3_when_the_handshake_is_refused(status: int) -> None:
    with ScriptedStream(refusal(status)) as server:
        result = run("subscribe", server.url)
    assert result.status == 3
    assert f"refused by {server.url}: the server answered HTTP {status}" in result.messages
    assert "no token was given" in result.messages


@pytest.mark.parametrize("code", [1009, 3507, 4500])
def test_3_when_the_close_code_is_terminal(code: int) -> None:
    with ScriptedStream(closed_at_once(code)) as server:
        result = run("subscribe", server.url, "--token", "t")
    assert result.status == 3
    assert "the server says: permission denied (error 103)" in result.messages
    assert f"closed the connection with code {code}" in result.messages
    assert "no token was given" not in result.messages


def test_3_when_a_connection_that_worked_is_refused_later() -> None:
    def first(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1)
        peer.close(3507)
        peer.until_closed()

    with ScriptedStream(first) as server:
        result = run("subscribe", server.url, "--json")
    assert (result.status, result.offsets) == (3, [1])


def test_3_when_the_server_redirects_and_the_token_stays_here() -> None:
    with (
        ScriptedStream() as elsewhere,
        ScriptedStream(lambda peer: peer.refuse(302, {"Location": elsewhere.url + "?next=x"})) as server,
    ):
        result = run("subscribe", server.url, "--token", "t")
    assert result.status == 3
    assert f"redirects (HTTP 302) to {elsewhere.url}, which is not followed" in result.messages


def test_4_when_nobody_listens(free_address: str) -> None:
    result = run("subscribe", f"ws://{free_address}/", "--retries", "1")
    assert result.status == 4
    assert "Connection refused; reconnecting in" in result.messages
    assert f"given up on ws://{free_address}/ after attempt 2" in result.messages


def test_4_when_the_name_is_unknown() -> None:
    result = run("subscribe", "ws://no-such-host.invalid/", "--retries", "0")
    assert result.status == 4
    assert "given up on ws://no-such-host.invalid/ after attempt 1" in result.messages


@pytest.mark.parametrize("script", [nonsense, refusal(503), refusal(429)])
def test_4_when_what_listens_is_no_working_server(script: Callable[[Peer], None]) -> None:
    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--retries", "0")
    assert result.status == 4
    assert f"given up on {server.url}" in result.messages


def test_4_when_the_other_side_speaks_websocket_but_not_hubbub() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send("Welcome!")
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--retries", "0")
    assert result.status == 4
    assert "this is no Hubbub stream: expected JSON" in result.messages


def test_4_when_the_time_is_up_before_the_first_connection() -> None:
    with ScriptedStream(silence) as server:
        result = run("subscribe", server.url, "--timeout", "0.2", "--count", "1")
    assert result.status == 4
    assert f"no connection to {server.url} within 0.2 seconds" in result.messages


def test_4_when_retries_are_used_up_after_a_connection() -> None:
    def short(peer: Peer) -> None:
        peer.hello(0)

    with ScriptedStream(short, short) as server:
        result = run("subscribe", server.url, "--retries", "1")
    assert result.status == 4
    assert "after attempt 2" in result.messages


def test_4_when_the_certificate_is_not_trusted(tmp_path: Path) -> None:
    with ScriptedStream(tls=self_signed(tmp_path)) as server:
        result = run("subscribe", server.url, "--retries", "0", "--token", "t")
    assert result.status == 4
    assert "certificate verify failed" in result.messages.lower()


def test_a_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    context: ssl.SSLContext = self_signed(tmp_path)
    trusted = {"SSL_CERT_FILE": str(tmp_path / "certificate.pem")}
    with ScriptedStream(three_events, tls=context) as server:
        result = run("subscribe", server.url, "--count", "3", "--json", environment=trusted)
    assert (result.status, result.offsets) == (0, [1, 2, 3])


def test_5_when_the_time_is_up_before_the_count() -> None:
    with ScriptedStream(three_events) as server:
        result = run("subscribe", server.url, "--timeout", "1.5", "--count", "4", "--json")
    assert (result.status, result.offsets) == (5, [1, 2, 3])
    assert "3 of 4 events within 1.5 seconds" in result.messages


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_when_it_is_interrupted(number: signal.Signals) -> None:
    with ScriptedStream(three_events) as server, started("subscribe", server.url, "--json") as process:
        assert '"offset": 1' in first_line(process)
        process.send_signal(number)
        result = finished(process)
    assert result.status == 130
    assert "Traceback" not in result.messages
    assert "to go on from here: --since" in result.messages


def test_130_even_while_a_connection_is_being_made() -> None:
    asked = threading.Event()

    def script(peer: Peer) -> None:
        asked.set()
        peer.receive()

    with ScriptedStream(script) as server, started("subscribe", server.url) as process:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        result = finished(process)
    assert (result.status, result.messages) == (130, "")


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    gone = threading.Event()

    def script(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1)
        assert gone.wait(20)
        peer.events(2, 3)
        peer.until_closed()

    with ScriptedStream(script) as server, started("subscribe", server.url) as process:
        assert "#1" in first_line(process)
        assert process.stdout is not None
        process.stdout.close()
        gone.set()
        assert process.stderr is not None
        messages = process.stderr.read()
        assert process.wait(20) == 0
    assert "Traceback" not in messages
    assert "BrokenPipe" not in messages


def test_help_shows_examples_and_all_exit_codes() -> None:
    result = run("subscribe", "--help")
    text = "\n".join(result.lines)
    assert result.status == 0
    assert "python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/" in text
    assert all(f"\n  {code:<4} " in text for code in (0, 2, 3, 4, 5, 130))
