"""Sessions over streamed responses of real servers, of which any takes what is posted beside them."""

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests import servers
from tests.integration.hub.conftest import start_server
from tests.integration.hub.resume_writer import LIVE
from tests.integration.hub.sessions.streams import (
    Stream,
    connecting,
    post_beside,
    posting,
    sse_path,
    uni_sse_path,
)
from tests.integration.hub.test_resume import writer
from tests.integration.hub.wire import Ended
from tests.programs import Server, stopped
from tests.sockets import Socket

LOBBY = "chat:lobby"


class Site(NamedTuple):
    """Server processes of one hub."""

    var: Path
    one: Server
    other: Server
    token: str


@pytest.fixture(scope="module")
def site(prepared_var: Path) -> Iterator[Site]:
    """Two server processes with the demo's data."""
    with servers.temporary_var() as var, ExitStack() as running:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        running.enter_context(servers.running_redis(var / "redis" / "redis.sock"))
        one, other = (running.enter_context(stopped(start_server(var))) for _ in range(2))
        made = servers.manage(one.env, "token", "demo")
        assert made.returncode == 0, made.stderr
        yield Site(var, one, other, made.stdout.strip())


@pytest.fixture
def third(site: Site) -> Iterator[Server]:
    """One more server process, which a test may end."""
    with stopped(start_server(site.var, "asgi:application", "--drain-spread", "0.2")) as server:
        yield server


@pytest.mark.parametrize("way", ["http_stream", "sse"])
def test_what_is_posted_to_any_process_is_answered_on_the_stream(site: Site, way: str) -> None:
    if way == "sse":
        stream = Stream(site.one, sse_path(site.token, LOBBY))
    else:
        stream = Stream(site.one, "/connection/http_stream", connecting(site.token, LOBBY))
    with stream:
        connected = stream.reply(1)["connect"]
        assert stream.reply(2)["subscribe"]["recoverable"]
        for number, server in enumerate((site.one, site.other), 3):
            assert post_beside(server, connected, posting(number, f"hello {number}")) == 204
            came = [stream.next_with(f"hello {number}") for _ in range(2)]
            # The reply and the event, in whatever order.
            assert sorted(message.get("id", 0) for message in came) == [0, number]
        # Out of order: this is lost, and nothing is broken by it.
        assert post_beside(site.other, connected, {"id": 7, "unsubscribe": {"channel": "chat:random"}}) == 204
        assert "unsubscribe" in stream.reply(7)


def test_a_wrong_session_is_told_nothing_and_a_node_that_is_gone_is_not_there(site: Site) -> None:
    with Stream(site.one, "/connection/http_stream", connecting(site.token, LOBBY)) as stream:
        connected = stream.reply(1)["connect"]
        for server in (site.one, site.other):
            assert post_beside(server, connected | {"session": "wrong"}, posting(3, "forged")) == 204
            assert post_beside(server, connected | {"node": "gone"}, posting(3, "forged")) == 404
        assert post_beside(site.other, connected, posting(4, "real")) == 204
        publication, _ = stream.publication("body")
        assert publication["data"]["body"] == "real"


def test_streams_are_told_to_come_back_when_their_server_ends(site: Site, third: Server) -> None:
    with ExitStack() as kept:
        streams = [
            kept.enter_context(Stream(third, "/connection/http_stream", connecting(site.token, LOBBY))),
            kept.enter_context(Stream(third, sse_path(site.token, LOBBY))),
            kept.enter_context(Stream(third, uni_sse_path(site.token, LOBBY))),
            kept.enter_context(Stream(third, "/connection/uni_http_stream", json.dumps({"token": site.token}))),
        ]
        for stream in streams:
            stream.next()
        third.signal(signal.SIGTERM)
        assert [stream.disconnect_code() for stream in streams] == [3001] * len(streams)
    assert third.wait() == 0


def test_a_client_that_goes_away_is_forgotten_at_once(site: Site) -> None:
    for path in (sse_path(site.token, LOBBY), uni_sse_path(site.token, LOBBY)):
        with Stream(site.one, path) as stream:
            stream.next()
            site.one.signal(signal.SIGUSR2)
            site.one.wait_for(r'"sessions": 1\b')
    servers.wait_until(lambda: holds_no_session(site.one), "a process without sessions", seconds=60)


def holds_no_session(server: Server) -> bool:
    server.signal(signal.SIGUSR2)
    said = len(server.messages)
    servers.wait_until(lambda: len(server.messages) > said, "what the process holds", seconds=60)
    return '"sessions": 0' in server.messages[-1]


def test_an_event_source_goes_on_where_it_was_cut_off_by_a_server_that_was_killed(site: Site, third: Server) -> None:
    speaker = Socket(site.other.url, "/ws/chat/lobby/", {"Authorization": f"Bearer {site.token}"})
    speaker.hello()
    with Stream(third, uni_sse_path(site.token, LOBBY, "inbox#1")) as stream:
        connected, first_id = stream.next()
        assert set(connected["connect"]["subs"]) >= {LOBBY, "inbox#1"}
        speaker.command("message.post", body="seen")
        _, last_id = stream.publication("seen")
        assert first_id != last_id
        third.signal(signal.SIGKILL)
        with pytest.raises(Ended):
            stream.next_that(lambda message: False)
    for number in range(5):
        speaker.command("message.post", body=f"missed {number}")
    with Stream(site.other, uni_sse_path(site.token, LOBBY, "inbox#1"), Last_Event_ID=last_id) as stream:
        connected, _ = stream.next()
        subscribed = connected["connect"]["subs"]
        assert subscribed[LOBBY]["recovered"] and subscribed["inbox#1"]["recovered"]
        got = [one["data"]["body"] for one in subscribed[LOBBY]["publications"]]
        speaker.command("message.post", body="after")
        stream.publication("after")
        assert got == [f"missed {number}" for number in range(5)]
    speaker.drop()


def test_whoever_stands_nowhere_hears_that_it_has_missed_something(site: Site) -> None:
    with Stream(site.one, uni_sse_path(site.token, LOBBY), Last_Event_ID="-") as stream:
        subscribed = stream.next()[0]["connect"]["subs"][LOBBY]
        assert subscribed["was_recovering"]
        assert not subscribed.get("recovered")


@pytest.mark.parametrize("way", ["uni_http_stream", "uni_sse"])
def test_a_client_that_may_not_come_in_hears_why_on_the_stream(site: Site, way: str) -> None:
    body = json.dumps({"token": "forged"}) if way == "uni_http_stream" else None
    with Stream(site.one, f"/connection/{way}" + ("?token=forged" if body is None else ""), body) as stream:
        assert stream.disconnect_code() == 3500


def test_a_reader_that_does_not_read_for_a_while_gets_everything_afterwards(site: Site) -> None:
    with (
        writer(site.one, "slow", 1, (30_000,)) as publishing,
        Stream(site.one, "/connection/http_stream", connecting(site.token, "chat:slow"), room=4_096) as stream,
    ):
        assert stream.reply(2)["subscribe"]["offset"] == 1
        # More than the system, the server and the reader's outbox take together.
        publishing.ask("go")
        # Who comes and goes is told in between, and has no offset.
        got = [stream.publication('"offset"')[0] for _ in range(LIVE)]
        assert [one["offset"] for one in got] == list(range(2, LIVE + 2))
        assert [one["data"]["n"] for one in got] == list(range(2, LIVE + 2))


@pytest.mark.parametrize("way", ["message", "address"])
def test_a_socket_of_one_direction_is_told_without_asking_again(site: Site, way: str) -> None:
    query = "?" + urlencode({"stream": LOBBY, "token": site.token}) if way == "address" else ""
    reader = Socket(site.one.url, "/connection/uni_websocket" + query)
    if not query:
        reader.send(json.dumps({"token": site.token, "subs": {LOBBY: {}}}))
    connected = reader.receive()["connect"]
    assert LOBBY in connected["subs"]
    assert not connected.get("pong")
    # Nothing that it says is heard.
    reader.send('{"id":2,"rpc":{}}')
    speaker = Socket(site.other.url, "/ws/chat/lobby/", {"Authorization": f"Bearer {site.token}"})
    speaker.command("message.post", body=f"by {way}")
    message = reader.receive_until(lambda message: f"by {way}" in json.dumps(message))
    assert message["channel"] == LOBBY
    reader.drop()
    speaker.drop()


@pytest.mark.parametrize(("sent", "code"), [("{", 3501), ('{"token":"forged"}', 3500)])
def test_a_socket_of_one_direction_that_may_not_come_in_is_closed(site: Site, sent: str, code: int) -> None:
    reader = Socket(site.one.url, "/connection/uni_websocket")
    reader.send(sent)
    assert reader.close_code() == code
