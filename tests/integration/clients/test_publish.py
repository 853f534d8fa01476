"""The publisher against servers that answer, refuse and fail: one effect, or a clear word and exit status."""

import json
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from tests.integration.clients.commands import finished, run, started
from tests.integration.clients.scripted_rest import Answer, ScriptedRest, answer, hang_up

MESSAGE = {"id": 7, "room": "lobby", "author": None, "body": "hi", "created_at": "2026-01-02T03:04:05.678Z"}


def failure(status: int, code: int, message: str, **more: object) -> Answer:
    return answer(status, {"error": {"code": code, "message": message, **more}})


def test_a_message_is_posted_and_its_id_printed() -> None:
    with ScriptedRest(answer(201, MESSAGE)) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url, "--token", "t", "--key", "k1")
    (asked,) = server.asked
    assert (result.status, result.lines, result.messages) == (0, ["7"], "")
    assert (asked.path, asked.body) == ("/api/v1/rooms/lobby/messages/", {"body": "hi", "key": "k1"})
    assert asked.headers["method"] == "POST"
    assert asked.headers["authorization"] == "Bearer t"
    assert asked.headers["content-type"] == "application/json"


def test_an_alert_is_posted_with_the_api_key_and_address_of_the_environment() -> None:
    arguments = ("--body", "42 GB", "--kind", "system", "--url", "/backups/", "--json")
    with ScriptedRest(answer(201, {"id": 5, "title": "Backup done"})) as server:
        environment = {"HUBBUB_URL": server.url, "HUBBUB_API_KEY": "hunter2"}
        result = run("publish", "alert", "demo", "Backup done", *arguments, environment=environment)
    (asked,) = server.asked
    assert result.status == 0
    assert json.loads(result.lines[0]) == {"id": 5, "title": "Backup done"}
    assert asked.path == "/api/v1/notifications/"
    assert asked.headers["x-api-key"] == "hunter2"
    assert "authorization" not in asked.headers
    assert {**asked.body, "key": "-"} == {
        "username": "demo", "title": "Backup done", "body": "42 GB", "kind": "system", "url": "/backups/", "key": "-",
    }  # fmt: skip


def test_the_text_comes_from_standard_input_without_its_line_end() -> None:
    with ScriptedRest(answer(201, MESSAGE), answer(201, MESSAGE)) as server:
        run("publish", "message", "lobby", "-", "--server", server.url, stdin="two\nlines é\n")
        run("publish", "alert", "demo", "T", "--body", "-", "--server", server.url, stdin="more")
    assert [asked.body["body"] for asked in server.asked] == ["two\nlines é", "more"]


def test_a_key_that_was_used_before_is_told() -> None:
    with ScriptedRest(answer(200, MESSAGE)) as server:
        result = run("publish", "message", "lobby", "hi", "--key", "k1", "--server", server.url)
    assert (result.status, result.lines) == (0, ["7"])
    assert "published before with this key" in result.messages


def test_all_attempts_carry_the_same_key() -> None:
    with ScriptedRest(failure(503, 100, "no database"), hang_up, answer(200, MESSAGE)) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url)
    assert (result.status, result.lines) == (0, ["7"])
    assert "no database (HTTP 503, error 100); trying again in" in result.messages
    assert len({json.dumps(asked.body) for asked in server.asked}) == 1
    assert server.asked[0].body["key"]


def test_too_many_requests_are_tried_again_when_the_server_says_so() -> None:
    busy = answer(429, {"error": {"code": 111, "message": "too many requests"}}, {"Retry-After": "1"})
    with ScriptedRest(busy, answer(201, MESSAGE)) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url)
    assert result.status == 0
    assert "trying again in 1.0 s" in result.messages


def test_2_when_the_command_line_is_wrong() -> None:
    result = run("publish", "message", "lobby", "hi", "--server", "hub")
    assert result.status == 2
    assert "expected an address such as http://127.0.0.1:8000" in result.messages


def test_2_when_the_environment_is_wrong() -> None:
    result = run("publish", "message", "lobby", "hi", environment={"HUBBUB_TOKEN": "hunter2 x"})
    assert result.status == 2
    assert "HUBBUB_TOKEN: expected a token" in result.messages
    assert "hunter2" not in result.messages


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            failure(400, 107, "bad request", fields={"body": ["May not be blank."]}),
            "error 107); body: May not be blank.",
        ),
        (failure(401, 101, "unauthorized"), "unauthorized (HTTP 401, error 101); no login was given"),
        (failure(403, 103, "permission denied"), "permission denied (HTTP 403, error 103)"),
        (failure(404, 102, "unknown room"), "unknown room (HTTP 404, error 102)"),
        (failure(409, 400, "room is closed"), "room is closed (HTTP 409, error 400)"),
        (answer(404, b"<html>"), "the server answered HTTP 404 Not Found"),
    ],
)
def test_3_when_the_server_refuses(given: Answer, sentence: str) -> None:
    with ScriptedRest(given) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url)
    assert (result.status, result.lines) == (3, [])
    assert sentence in result.messages


@pytest.mark.parametrize("status", [301, 303, 308])
def test_3_when_the_server_redirects_and_the_key_stays_here(status: int) -> None:
    with ScriptedRest() as elsewhere, ScriptedRest(answer(status, "", {"Location": elsewhere.url})) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url, "--api-key", "k")
    assert result.status == 3
    assert f"it redirects to {elsewhere.url}, which is not followed" in result.messages
    assert elsewhere.asked == []


def test_4_when_the_server_keeps_failing() -> None:
    with ScriptedRest(answer(500, b""), answer(502, b"")) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url, "--retries", "1")
    assert (result.status, result.lines) == (4, [])
    assert "HTTP 502 Bad Gateway; given up after attempt 2" in result.messages


def test_4_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    result = run("publish", "message", "lobby", "hi", "--server", address, "--retries", "0")
    assert result.status == 4
    assert f"{address}: Connection refused; given up after attempt 1" in result.messages


@pytest.mark.parametrize("content", [b"<html>It works!</html>", b"[]", b'{"ok": true}'])
def test_4_when_something_else_answers(content: bytes) -> None:
    with ScriptedRest(answer(200, content)) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url)
    assert result.status == 4
    assert "something that is no Hubbub server answered" in result.messages


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_when_it_is_interrupted(number: signal.Signals) -> None:
    asked, end = threading.Event(), threading.Event()

    def never(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        end.wait(20)

    with ScriptedRest(never) as server:
        with started("publish", "message", "lobby", "hi", "--server", server.url) as process:
            assert asked.wait(20)
            process.send_signal(number)
            result = finished(process)
        end.set()
    assert (result.status, result.lines, result.messages) == (130, [], "")


def test_what_the_server_says_cannot_steer_the_terminal() -> None:
    with ScriptedRest(failure(403, 103, "no\x1b[2J")) as server:
        result = run("publish", "message", "lobby", "hi", "--server", server.url)
    assert r"no\x1b[2J" in result.messages


def test_help_shows_examples_and_all_exit_codes() -> None:
    text = "\n".join(run("publish", "--help").lines)
    assert "python -m clients.publish alert demo" in text
    assert all(f"\n  {code:<4} " in text for code in (0, 2, 3, 4, 130))
