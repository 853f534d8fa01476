"""Addresses as people write them."""

import pytest

from clients.address import server_address, subscribe_address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ws://127.0.0.1:8000/ws/chat/lobby/", "ws://127.0.0.1:8000/ws/chat/lobby/"),
        ("wss://hub.example.org/ws/notifications/", "wss://hub.example.org/ws/notifications/"),
        ("http://127.0.0.1:8000/ws/chat/lobby/", "ws://127.0.0.1:8000/ws/chat/lobby/"),
        ("https://hub.example.org/x", "wss://hub.example.org/x"),
        ("WS://[::1]:8000", "ws://[::1]:8000/"),
        (" ws://host/a b/é/%20#part ", "ws://host/a%20b/%C3%A9/%20"),
    ],
)
def test_a_websocket_address_is_made_exact(text: str, url: str) -> None:
    assert subscribe_address(text).url({}) == url


def test_the_position_is_added_to_the_query_that_is_there() -> None:
    address = subscribe_address("ws://host/x/?token=a%2Bb&empty=")
    assert address.url({"since": "4", "epoch": "e e"}) == "ws://host/x/?token=a%2Bb&empty=&since=4&epoch=e+e"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ws://host:8000", "ws://host:8000/connection/websocket"),
        ("https://host/?x=1", "wss://host/connection/websocket?x=1"),
        ("ws://host/hub/connection/websocket", "ws://host/hub/connection/websocket"),
    ],
)
def test_the_address_of_a_server_is_completed_for_many_streams(text: str, url: str) -> None:
    assert subscribe_address(text).of_streams().url({}) == url


def test_an_address_is_shown_without_its_query() -> None:
    assert str(subscribe_address("ws://host/x/?token=secret")) == "ws://host/x/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lobby",
        "127.0.0.1:8000/ws/chat/lobby/",
        "ftp://host/",
        "ws:///path",
        "ws://host:port/",
        "ws://host:99999/",
        "ws://[::1/",
        f"ws://{'a' * 70}.example/",
        "ws://ho st/",
        "ws://user:password@host/",
        "ws://host/?since=4",
        "ws://host/?epoch=e",
    ],
)
def test_what_is_no_websocket_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected an address|with --since|not supported"):
        subscribe_address(text)


def test_a_server_address_loses_the_slash_at_its_end() -> None:
    assert server_address("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"
    assert server_address("https://example.org/hub/") == "https://example.org/hub"


@pytest.mark.parametrize("text", ["ws://host", "host", "http://", "http://host/?q=1", "http://u:p@host"])
def test_what_is_no_server_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|not supported"):
        server_address(text)


def test_a_refused_address_does_not_repeat_the_password() -> None:
    with pytest.raises(ValueError, match="not supported") as refusal:
        subscribe_address("ws://user:hunter2@host/")
    assert "hunter2" not in str(refusal.value)
