"""The socket that all server processes share."""

import socket

import pytest

from hub.supervisor.listener import is_loopback, listen, local_address, url
from hub.supervisor.refusal import ExitCode, StartRefused


def test_a_free_port_is_chosen_and_reached_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        host, port = local_address(listener)
        assert host == "127.0.0.1"
        with socket.create_connection((host, port), timeout=1):
            pass


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = local_address(listener)[1]
        with pytest.raises(StartRefused, match=rf"^Port {port} on 127\.0\.0\.1 is already in use\.") as refusal:
            listen("127.0.0.1", port)
    assert refusal.value.code is ExitCode.ADDRESS


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartRefused, match=r"192\.0\.2\.1 is no address of this machine"):
        listen("192.0.2.1", 0)


def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(StartRefused, match="The host 'no such host' is not known"):
        listen("no such host", 0)


def test_every_address_of_this_machine_is_reached_by_loopback() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert local_address(listener)[0] == "127.0.0.1"


def test_waiting_for_a_connection_does_not_block_a_process_that_lost_the_race() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(BlockingIOError):
        listener.accept()


def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    assert url("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert url("::1", 8000) == "http://[::1]:8000"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.5.5.5", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("no such host", False),
        ("", False),
    ],
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
