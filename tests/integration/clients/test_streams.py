"""Many streams over one connection, against servers that do what the Centrifugo client protocol lets them do."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clients.commands import run
from tests.integration.clients.scripted_stream import TEXT, Peer, ScriptedStream
from tests.servers import wait_until

A, B = "chat:a", "chat:b"
BOTH = ("--stream", A, "--stream", B, "--json")


def reply(command: dict[str, Any], result: dict[str, Any]) -> str:
    [method] = command.keys() - {"id"}
    return json.dumps({"id": command["id"], method: result})


def refusal(command: dict[str, Any], code: int, *, temporary: bool = False) -> str:
    return json.dumps({"id": command["id"], "error": {"code": code, "message": "no", "temporary": temporary}})


def publication(offset: int | None, **more: object) -> dict[str, object]:
    return {"data": {"n": offset}, **({} if offset is None else {"offset": offset}), **more}


def push(stream: str, offset: int | None, **more: object) -> str:
    return json.dumps({"push": {"channel": stream, "pub": publication(offset, **more)}})


def connect(peer: Peer, **result: object) -> dict[str, Any]:
    """Accept a client; return its request."""
    peer.accept()
    [command] = peer.commands()
    assert command.keys() == {"id", "connect"}
    peer.send(reply(command, {"client": "c1", "version": "1", "ping": 25, "pong": True, **result}))
    request: dict[str, Any] = command["connect"]
    return request


def subscribe(peer: Peer, results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Answer what the client asks for; return the requests by stream."""
    commands = peer.commands()
    peer.send("\n".join(reply(command, results[command["subscribe"]["channel"]]) for command in commands))
    return {command["subscribe"].pop("channel"): command["subscribe"] for command in commands}


def at(offset: int, epoch: str = "e1", **more: object) -> dict[str, object]:
    return {"recoverable": True, "positioned": True, "epoch": epoch, "offset": offset, **more}


def recovered(offset: int, *missed: int) -> dict[str, object]:
    return at(offset, recovered=True, was_recovering=True, publications=[publication(one) for one in missed])


def seen(lines: list[str]) -> list[tuple[str, int | None]]:
    events = [json.loads(line) for line in lines]
    return [(event["stream"], event.get("offset")) for event in events]


def test_both_streams_go_on_from_their_own_positions_over_another_connection() -> None:
    def first(peer: Peer) -> None:
        assert connect(peer) == {"name": "subscribe", "token": "secret"}
        requests = subscribe(peer, {A: at(4), B: at(7, "e2")})
        assert requests == {A: {"positioned": True, "recoverable": True}, B: {"positioned": True, "recoverable": True}}
        # Several messages in one frame; what was sent before is repeated.
        peer.send("\n".join([push(A, 5), push(B, 8), push(A, 5), push(A, 6)]))

    def second(peer: Peer) -> None:
        assert connect(peer)["subs"] == {
            A: {"recover": True, "epoch": "e1", "offset": 6},
            B: {"recover": True, "epoch": "e2", "offset": 8},
        }
        missed = {A: recovered(6, 7, 8), B: {**recovered(8), "epoch": "e2"}}
        requests = subscribe(peer, missed)
        assert requests[A] == {"positioned": True, "recoverable": True, "recover": True, "epoch": "e1", "offset": 6}
        assert requests[B]["offset"] == 8
        peer.send(push(A, 8))
        peer.send(push(A, 9))
        peer.send(push(B, 9))
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, *BOTH, "--count", "7", environment={"HUBBUB_TOKEN": "secret"})
    assert (result.status, seen(result.lines)) == (0, [(A, 5), (B, 8), (A, 6), (A, 7), (A, 8), (A, 9), (B, 9)])
    assert "reconnecting from chat:a offset 6 (epoch e1), chat:b offset 8 (epoch e2)" in result.messages
    assert "handled up to chat:a offset 9 (epoch e1), chat:b offset 9 (epoch e2)" in result.messages


def test_an_event_is_shown_with_all_that_is_known_of_it() -> None:
    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(0)})
        peer.send(push(A, 1, time=1767323045678, tags={"type": "deployed", "env": "prod"}, info={"user": "7"}))
        peer.send('{"push":{"channel":"chat:a","pub":{"data":"one\u2028line","offset":2}}}')
        peer.send(json.dumps({"push": {"channel": A, "join": {"info": {"user": "7", "client": "c"}}}}))
        peer.send(push(A, 3))
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--stream", A, "--json", "--count", "3")
    assert [json.loads(line) for line in result.lines] == [
        {
            "stream": A,
            "offset": 1,
            "type": "deployed",
            "at": "2026-01-02T03:04:05.678Z",
            "data": {"n": 1},
            "tags": {"env": "prod"},
            "info": {"user": "7"},
        },
        {"stream": A, "offset": 2, "type": "message", "data": "one\u2028line"},
        {"stream": A, "type": "client.join", "data": {"info": {"user": "7", "client": "c"}}},
        {"stream": A, "offset": 3, "type": "message", "data": {"n": 3}},
    ]


def test_people_are_shown_which_stream_an_event_is_of() -> None:
    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(0), B: at(0)})
        peer.send(push(B, 1))
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, *BOTH[:-1], "--count", "1")
    assert result.lines[0].split(maxsplit=4) == ["-", B, "#1", "message", '{"n": 1}']


def test_pings_are_answered_while_a_command_runs(tmp_path: Path) -> None:
    begun, enough = tmp_path / "begun", tmp_path / "enough"
    answered = []

    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(0)})
        peer.send(push(A, 1))
        wait_until(begun.exists, "the command")
        for _ in range(3):
            peer.send("{}")
            answered.append(peer.receive())
        enough.touch()
        peer.close(3500)

    command = f"touch {begun}; while [ ! -e {enough} ]; do sleep 0.05; done"
    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--stream", A, "--json", "--exec", command)
    assert answered == [(TEXT, b"{}")] * 3
    assert (result.status, seen(result.lines)) == (3, [(A, 1)])


def test_a_server_that_wants_no_pongs_gets_none() -> None:
    def script(peer: Peer) -> None:
        connect(peer, pong=False)
        subscribe(peer, {A: at(0)})
        peer.send("{}")
        peer.send(push(A, 1))
        assert peer.until_closed() == 1000

    with ScriptedStream(script) as server:
        assert run("subscribe", server.url, "--stream", A, "--count", "1").status == 0


def test_what_the_server_gives_unasked_is_taken_where_it_is_wanted() -> None:
    def first(peer: Peer) -> None:
        connect(peer, subs={A: at(3), "inbox#1": at(2)})
        assert subscribe(peer, {B: at(0)}).keys() == {B}
        peer.send("\n".join([push("inbox#1", 3), push(A, 4), push(B, 1)]))

    def second(peer: Peer) -> None:
        connect(peer, subs={A: recovered(4, 5)})
        subscribe(peer, {B: recovered(1)})
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, *BOTH, "--count", "3")
    assert (result.status, seen(result.lines)) == (0, [(A, 4), (B, 1), (A, 5)])


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (push(A, 9), "chat:a: gap: expected offset 6, got 9; reconnecting"),
        (
            json.dumps({"push": {"channel": A, "unsubscribe": {"code": 2500, "reason": "insufficient state"}}}),
            "the server ended the subscription to chat:a with code 2500 (insufficient state); reconnecting",
        ),
        (
            json.dumps({"push": {"disconnect": {"code": 3001, "reason": "shutdown"}}}),
            "the server ends the connection with code 3001 (shutdown); reconnecting",
        ),
    ],
)
def test_whatever_breaks_a_subscription_is_mended_by_another_connection(last: str, words: str) -> None:
    def first(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(4)})
        peer.send(push(A, 5))
        peer.send(last)
        peer.until_closed()

    def second(peer: Peer) -> None:
        connect(peer)
        assert subscribe(peer, {A: recovered(5, 6)})[A]["offset"] == 5
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        result = run("subscribe", server.url, "--stream", A, "--json", "--count", "2")
    assert (result.status, seen(result.lines)) == (0, [(A, 5), (A, 6)])
    assert words in result.messages


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (
            json.dumps({"push": {"channel": A, "unsubscribe": {"code": 2103, "reason": "not yours"}}}),
            "ended the subscription to chat:a with code 2103 (not yours)",
        ),
        (json.dumps({"push": {"disconnect": {"code": 3500, "reason": "x"}}}), "ends the connection with code 3500 (x)"),
    ],
)
def test_what_the_server_ends_for_good_ends_with_3(last: str, words: str) -> None:
    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(4)})
        peer.send(last)
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--stream", A)
    assert result.status == 3
    assert f"refused by {server.url}: the server {words}" in result.messages


@pytest.mark.parametrize(("code", "temporary", "status"), [(103, False, 3), (109, False, 3), (100, True, 4)])
def test_an_error_is_final_unless_it_is_temporary(code: int, temporary: bool, status: int) -> None:
    def at_connect(peer: Peer) -> None:
        peer.accept()
        [command] = peer.commands()
        peer.send(refusal(command, code, temporary=temporary))
        peer.until_closed()

    def at_subscribe(peer: Peer) -> None:
        connect(peer)
        [command] = peer.commands()
        peer.send(refusal(command, code, temporary=temporary))
        peer.until_closed()

    for script, place in ((at_connect, ""), (at_subscribe, " to chat:a")):
        with ScriptedStream(script) as server:
            result = run("subscribe", server.url, "--stream", A, "--retries", "0")
        assert result.status == status
        assert f"the server says{place}: no (error {code})" in result.messages


def test_a_position_that_is_of_no_use_is_told() -> None:
    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: at(9, "new", was_recovering=True)})
        peer.send(push(A, 10))
        peer.until_closed()

    with ScriptedStream(script) as server:
        since = ("--since", "4", "--epoch", "old")
        result = run("subscribe", server.url, "--stream", A, *since, "--json", "--count", "1")
    assert (result.status, seen(result.lines)) == (0, [(A, 10)])
    assert "chat:a: events may be missing: the server cannot go on from offset 4 (epoch old)" in result.messages


def test_a_stream_that_keeps_nothing_is_read_all_the_same() -> None:
    def script(peer: Peer) -> None:
        connect(peer)
        subscribe(peer, {A: {}, B: at(0)})
        peer.send("\n".join([push(A, None), push(A, None), push(B, 1)]))
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, *BOTH, "--count", "1")
    assert (result.status, seen(result.lines)) == (0, [(A, None), (A, None), (B, 1)])
    assert "connected to chat:a, which keeps nothing" in result.messages


def test_what_is_no_server_of_the_protocol_is_told() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send("<html>")
        peer.until_closed()

    with ScriptedStream(script) as server:
        result = run("subscribe", server.url, "--stream", A, "--retries", "0")
    assert result.status == 4
    assert "this is no server of the Centrifugo protocol: expected JSON" in result.messages


def test_the_next_run_goes_on_where_the_file_says_that_the_last_one_was(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    file.write_text('{"chat:other": {"epoch": "e7", "offset": 70}}')

    def first(peer: Peer) -> None:
        assert "subs" not in connect(peer)
        subscribe(peer, {A: at(4), B: at(7, "e2")})
        peer.send(push(A, 5))
        peer.until_closed()

    def second(peer: Peer) -> None:
        connect(peer)
        requests = subscribe(peer, {A: recovered(5, 6), B: {**recovered(7), "epoch": "e2"}})
        assert (requests[A]["offset"], requests[B]["offset"], requests[B]["epoch"]) == (5, 7, "e2")
        peer.until_closed()

    with ScriptedStream(first, second) as server:
        for _ in range(2):
            result = run("subscribe", server.url, *BOTH, "--positions", str(file), "--count", "1")
            assert result.status == 0, result.messages
    assert json.loads(file.read_text()) == {
        "chat:other": {"epoch": "e7", "offset": 70},
        A: {"epoch": "e1", "offset": 6},
        B: {"epoch": "e2", "offset": 7},
    }
    assert [path.name for path in tmp_path.iterdir()] == ["seen.json"]


def test_positions_that_cannot_be_kept_are_told_and_nothing_stops(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def script(peer: Peer) -> None:
        connect(peer)
        folder.rename(tmp_path / "elsewhere")
        subscribe(peer, {A: at(4)})
        peer.send(push(A, 5))
        peer.until_closed()

    with ScriptedStream(script) as server:
        file = str(folder / "seen.json")
        result = run("subscribe", server.url, "--stream", A, "--positions", file, "--count", "1", "--json")
    assert (result.status, seen(result.lines)) == (0, [(A, 5)])
    assert "the positions could not be kept: [Errno 2]" in result.messages
