"""The subscriber against servers that lose, repeat and reorder events: what it prints is each event once, in order."""

import json

import pytest

from tests.integration.clients.commands import run
from tests.integration.clients.scripted_stream import TEXT, Peer, ScriptedStream, encoded, event


def test_events_are_printed_for_people() -> None:
    def script(peer: Peer) -> None:
        peer.hello(41)
        peer.events(42)
        peer.send({"type": "typing", "data": {"user": {"id": 1}}})
        # Only events of the log count.
        peer.events(43)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--count", "2")
    assert result.status == 0
    assert result.lines[0].split(maxsplit=3) == ["2026-01-02T03:04:05.678Z", "#42", "message.created", '{"id": 42}']
    assert result.lines[1].split(maxsplit=2)[1:] == ["-", 'typing                {"user": {"id": 1}}']
    assert "connected to chat:lobby as demo at offset 41" in result.messages
    assert len(result.lines) == 3
    assert "--since 43 --epoch e1" in result.messages


def test_json_lines_are_the_very_objects_that_the_server_sent() -> None:
    sent = ['{"type":\n"typing","data":{}}', '{"offset":42,"type":"t","data":{"n":1.50,"text":"hé \\u2028"}}']

    def script(peer: Peer) -> None:
        peer.hello(41)
        for text in sent:
            peer.send(text)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--count", "1", "--json", environment={"PYTHONIOENCODING": "ascii"})
    assert result.lines == [text.replace("\n", " ") for text in sent]


def test_the_close_is_polite() -> None:
    codes = []

    def script(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1)
        codes.append(peer.until_closed())

    with ScriptedStream(script) as server:
        assert run("subscribe", server.url, "--count", "1").status == 0
    assert codes == [1000]


def test_a_lost_connection_goes_on_where_it_was() -> None:
    def first(peer: Peer) -> None:
        assert peer.query == {}
        peer.hello(41)
        peer.events(42, 43)

    def second(peer: Peer) -> None:
        assert peer.query == {"since": "43", "epoch": "e1"}
        peer.hello(43)
        peer.events(44)
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, "--count", "3", "--json")
    assert (result.status, result.offsets) == (0, [42, 43, 44])
    assert "reconnecting from offset 43" in result.messages


def test_the_position_of_the_command_line_is_asked_for() -> None:
    def script(peer: Peer) -> None:
        assert peer.query == {"since": "7", "epoch": "e9", "x": "1"}
        peer.hello(7, epoch="e9")
        peer.events(8)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", f"{server.url}?x=1", "--since", "7", "--epoch", "e9", "--count", "1", "--json")
    assert (result.status, result.offsets) == (0, [8])


def test_repeated_events_are_printed_once() -> None:
    def first(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1, 1, 2, 1, 2)

    def second(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1, 2, 3, 2, 4)
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, "--count", "4", "--json")
    assert (result.status, result.offsets) == (0, [1, 2, 3, 4])


def test_a_gap_is_told_and_mended_by_another_connection() -> None:
    def skipping(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1, 4, 2, 3, 5)
        peer.until_closed()

    def honest(peer: Peer) -> None:
        assert peer.query == {"since": "1", "epoch": "e1"}
        peer.hello(1)
        peer.events(2, 3, 4)
        peer.until_closed()

    with ScriptedStream(skipping, honest) as server:
        result = run("subscribe", server.url, "--count", "4", "--json")
    assert (result.status, result.offsets) == (0, [1, 2, 3, 4])
    assert "gap: expected offset 2, got 4; reconnecting from offset 1" in result.messages


def test_a_hello_that_skips_events_is_a_gap_too() -> None:
    def skipping(peer: Peer) -> None:
        peer.hello(9)
        peer.events(10)
        peer.until_closed()

    def honest(peer: Peer) -> None:
        assert peer.query["since"] == "7"
        peer.hello(7)
        peer.events(8, 9, 10)
        peer.until_closed()

    with ScriptedStream(skipping, honest) as server:
        result = run("subscribe", server.url, "--since", "7", "--count", "3", "--json")
    assert (result.status, result.offsets) == (0, [8, 9, 10])
    assert "gap: expected offset 8, got 10" in result.messages


def test_a_position_that_cannot_be_recovered_is_told_and_given_up() -> None:
    def first(peer: Peer) -> None:
        peer.hello(41)
        peer.events(42)

    def restored(peer: Peer) -> None:
        peer.hello(3, epoch="e2", recovered=False)
        peer.events(4)

    def third(peer: Peer) -> None:
        assert peer.query == {"since": "4", "epoch": "e2"}
        peer.hello(4, epoch="e2")
        peer.events(5)
        peer.until_closed()

    with ScriptedStream(first, restored, third) as server:
        result = run("subscribe", server.url, "--count", "3", "--json")
    assert (result.status, result.offsets) == (0, [42, 4, 5])
    assert "events may be missing" in result.messages
    assert "going on from offset 3 (epoch e2)" in result.messages


def test_an_event_before_the_hello_is_passed_over() -> None:
    def first(peer: Peer) -> None:
        peer.hello(1)
        peer.events(2)

    def restored(peer: Peer) -> None:
        peer.accept()
        # It looks like the next one, but belongs to another epoch.
        peer.events(3)
        peer.hello(2, epoch="e2", recovered=False, accepted=True)
        peer.events(3)
        peer.until_closed()

    with ScriptedStream(first, restored) as server:
        result = run("subscribe", server.url, "--count", "2", "--json")
    assert (result.status, result.offsets) == (0, [2, 3])
    assert "--since 3 --epoch e2" in result.messages


@pytest.mark.parametrize("code", [1000, 3001])
def test_a_close_that_invites_back_is_followed_by_another_connection(code: int) -> None:
    def first(peer: Peer) -> None:
        peer.hello(0)
        peer.close(code, "see you")
        peer.until_closed()

    def second(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1)
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, "--count", "1", "--json")
    assert (result.status, result.offsets) == (0, [1])
    assert f"closed the connection with code {code} (see you)" in result.messages


def test_a_server_that_is_not_ready_yet_is_tried_again() -> None:
    def second(peer: Peer) -> None:
        peer.hello(0)
        peer.events(1)
        peer.until_closed()

    with ScriptedStream(lambda peer: peer.refuse(503), second) as server:
        result = run("subscribe", server.url, "--count", "1", "--json")
    assert (result.status, result.offsets) == (0, [1])
    assert "HTTP 503 Service Unavailable" in result.messages


def test_errors_are_shown_and_unknown_messages_passed_over() -> None:
    def script(peer: Peer) -> None:
        peer.hello(0)
        peer.send({"error": {"code": 106, "message": "limit \x1b[31mexceeded"}})
        peer.send("[1, 2]")
        peer.send({"id": "c1", "result": {}})
        peer.events(1)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--count", "1", "--json")
    assert (result.status, result.offsets) == (0, [1])
    assert r"the server says: limit \x1b[31mexceeded (error 106)" in result.messages
    assert "a message was passed over: expected a JSON object, got list" in result.messages


@pytest.mark.parametrize("given", ["option", "environment"])
def test_the_token_goes_into_the_header_and_nowhere_else(given: str) -> None:
    def first(peer: Peer) -> None:
        assert peer.headers["authorization"] == "Bearer hunter2"
        assert "origin" not in peer.headers
        assert "hunter2" not in peer.target
        peer.hello(0)

    def second(peer: Peer) -> None:
        assert peer.headers["authorization"] == "Bearer hunter2"
        peer.refuse(403)

    with ScriptedStream(first, second) as server:
        option = ["--token", "hunter2"] if given == "option" else []
        environment = {"HUBBUB_TOKEN": "hunter2\n"} if given == "environment" else {}
        result = run("subscribe", server.url, *option, environment=environment)
    assert result.status == 3
    assert "hunter2" not in "".join([*result.lines, result.messages])


def test_a_token_in_the_address_is_not_shown() -> None:
    def script(peer: Peer) -> None:
        assert peer.query["token"] == "hunter2"
        peer.refuse(403)

    with ScriptedStream(script) as server:
        result = run("subscribe", f"{server.url}?token=hunter2")
    assert result.status == 3
    assert "hunter2" not in result.messages


def test_thousands_of_events_come_through_in_order() -> None:
    frames = b"".join(encoded(TEXT, json.dumps(event(offset)).encode()) for offset in range(1, 5001))

    def script(peer: Peer) -> None:
        peer.hello(0)
        peer.send_bytes(frames)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--count", "5000", "--json")
    assert (result.status, result.offsets) == (0, list(range(1, 5001)))
