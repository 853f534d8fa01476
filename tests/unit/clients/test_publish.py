"""What is posted where, and with which login."""

from argparse import ArgumentTypeError

import pytest

from clients.publish import build_parser, login_headers, request_body


def body_of(*arguments: str) -> tuple[str, dict[str, object]]:
    return request_body(build_parser({}).parse_args(arguments))


def test_a_message_goes_to_its_room() -> None:
    path, body = body_of("message", "lobby", "hi", "--key", "k1")
    assert (path, body) == ("/api/v1/rooms/lobby/messages/", {"body": "hi", "key": "k1"})


def test_a_room_name_cannot_leave_its_place_in_the_address() -> None:
    path, _ = body_of("message", "../a b?c", "hi")
    assert path == "/api/v1/rooms/..%2Fa%20b%3Fc/messages/"


def test_an_alert_holds_only_what_was_given() -> None:
    path, body = body_of("alert", "demo", "Backup done", "--key", "k1")
    assert (path, body) == ("/api/v1/notifications/", {"username": "demo", "title": "Backup done", "key": "k1"})


def test_an_alert_takes_all_its_options() -> None:
    _, body = body_of("alert", "demo", "T", "--body", "B", "--kind", "system", "--url", "/x", "--key", "k")
    assert body == {"username": "demo", "title": "T", "body": "B", "kind": "system", "url": "/x", "key": "k"}


def test_without_a_key_each_run_makes_its_own() -> None:
    keys = {str(body_of("message", "lobby", "hi")[1]["key"]) for _ in range(3)}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)


def test_the_server_comes_from_option_environment_or_default() -> None:
    environment = {"HUBBUB_URL": "https://hub.example.org/"}
    assert build_parser(environment).parse_args(["message", "r", "b"]).server == "https://hub.example.org"
    assert build_parser(environment).parse_args(["message", "r", "b", "--server", "http://h"]).server == "http://h"
    assert build_parser({}).parse_args(["message", "r", "b"]).server == "http://127.0.0.1:8000"


def test_options_go_before_the_environment_and_an_api_key_before_a_token() -> None:
    environment = {"HUBBUB_API_KEY": "envkey", "HUBBUB_TOKEN": "envtoken\n"}
    assert login_headers("key", None, environment) == {"X-API-Key": "key"}
    assert login_headers(None, "token", environment) == {"Authorization": "Bearer token"}
    assert login_headers(None, None, environment) == {"X-API-Key": "envkey"}
    assert login_headers(None, None, {"HUBBUB_TOKEN": "envtoken\n"}) == {"Authorization": "Bearer envtoken"}
    assert login_headers(None, None, {"HUBBUB_TOKEN": ""}) == {}


def test_a_bad_key_in_the_environment_is_named_but_not_shown() -> None:
    with pytest.raises(ArgumentTypeError, match="HUBBUB_API_KEY: expected") as refusal:
        login_headers(None, None, {"HUBBUB_API_KEY": "hunter2 x"})
    assert "hunter2" not in str(refusal.value)
