"""A session over a stream, from its first request to its end, whichever side ends it."""

import asyncio
import json

import pytest

from hub.control import NODE
from hub.core.asgi import Application, Scope
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.sessions import serving
from hub.sessions.emulation import emulation, hand_over
from hub.sessions.http_streams import http_stream, sse, uni_http_stream, uni_sse
from hub.sessions.streaming import StreamTransport
from tests.unit.hub.sessions.exchanges import PATIENCE, Exchange, scope_of
from tests.unit.hub.sessions.reading import events_of

CONNECT = '{"id":1,"connect":{}}'


class Session:
    """Stands for a session: it answers by saying again what it has heard."""

    last: "Session"

    def __init__(self, transport: StreamTransport, scope: Scope) -> None:
        self.session = "secret"
        self.transport = transport
        self.heard: list[Payload | JSONObject] = []
        self.is_over = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        Session.last = self

    async def receive(self, frame: Payload) -> None:
        self.heard.append(frame)
        await self.may_answer.wait()
        await self.transport.send(frame)

    async def connect(self, request: JSONObject) -> None:
        self.heard.append(request)
        await self.transport.send(self.transport.codec.push("connect", {"client": "c"}, bare=True))

    async def disconnect(self, code: int, reason: str = "") -> None:
        await self.transport.close(code, reason)

    async def closed(self) -> None:
        self.is_over.set()


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "Session", Session)


def posted(body: str, path: str = "/connection/http_stream", **headers: str) -> Exchange:
    return Exchange(scope_of("POST", path, **headers), body.encode())


async def test_lines_are_answered_by_lines_until_the_client_goes_away() -> None:
    exchange = posted(CONNECT)
    exchange.begin(http_stream)
    await exchange.said(CONNECT + "\n")
    assert exchange.headers["content-type"].startswith("application/x-ndjson")
    exchange.leave()
    await exchange.over()
    assert Session.last.is_over.is_set()


async def test_a_body_of_protobuf_is_answered_by_protobuf() -> None:
    # A command of nothing, which is a pong.
    exchange = posted("\0", content_type="application/octet-stream")
    exchange.begin(http_stream)
    await exchange.said("\0")
    assert Session.last.heard == [b"\0"]
    assert exchange.headers["content-type"] == "application/octet-stream"
    exchange.leave()
    await exchange.over()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_event_source_says_in_the_address_what_others_say_in_the_body(method: str) -> None:
    if method == "GET":
        exchange = Exchange(scope_of(query='cf_connect={"id":1,"connect":{}}'))
    else:
        exchange = posted(CONNECT)
    exchange.begin(sse)
    await exchange.said(CONNECT)
    assert exchange.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert exchange.body.startswith("\r\n")
    assert [event.data for event in events_of(exchange.body)] == [CONNECT]
    exchange.leave()
    await exchange.over()


async def test_an_event_source_of_one_direction_is_told_when_to_come_back_and_what_it_is() -> None:
    exchange = Exchange(scope_of(query="stream=chat:lobby"))
    exchange.begin(uni_sse)
    await exchange.said("connect")
    assert "retry: " in exchange.body
    assert [event.data for event in events_of(exchange.body)] == ['{"connect":{"client":"c"}}']
    assert Session.last.heard == [{"subs": {"chat:lobby": {"recoverable": True}}}]
    exchange.leave()
    await exchange.over()


async def test_lines_of_one_direction_begin_with_a_request() -> None:
    exchange = posted('{"subs":{"chat:lobby":{}}}')
    exchange.begin(uni_http_stream)
    await exchange.said('{"connect":{"client":"c"}}\n')
    assert Session.last.heard == [{"subs": {"chat:lobby": {"recoverable": True}}}]
    exchange.leave()
    await exchange.over()


@pytest.mark.parametrize(
    ("application", "exchange", "status"),
    [
        (http_stream, posted(""), 400),
        (http_stream, Exchange(scope_of("POST"), b"\xff"), 400),
        (http_stream, Exchange(scope_of("GET")), 405),
        (http_stream, posted("x" * 65_537), 413),
        (sse, Exchange(scope_of("GET")), 400),
        (sse, Exchange(scope_of("PUT")), 405),
        (sse, Exchange(scope_of("GET", query="cf_connect=" + "x" * 65_536)), 414),
        (uni_http_stream, posted("{"), 400),
        (uni_sse, Exchange(scope_of("GET", query="cf_connect={")), 400),
        (uni_sse, Exchange(scope_of("GET", origin="https://evil.example")), 403),
    ],
)
async def test_what_cannot_be_served_is_refused_before_a_stream_begins(
    application: Application, exchange: Exchange, status: int
) -> None:
    await exchange.run(application)
    assert exchange.status == status
    assert exchange.is_whole


async def test_what_is_posted_beside_is_answered_on_the_stream() -> None:
    stream = posted(CONNECT)
    stream.begin(http_stream)
    await stream.said(CONNECT)
    post = posted(json.dumps({"session": "secret", "node": NODE, "data": "{}"}), "/emulation")
    await post.run(emulation)
    assert (post.status, post.body) == (204, "")
    await stream.said(CONNECT + "\n{}\n")
    stream.leave()
    await stream.over()


async def test_nothing_can_be_posted_beside_a_stream_of_one_direction() -> None:
    stream = posted("{}")
    stream.begin(uni_http_stream)
    await stream.said("connect")
    hand_over("secret", "{}")
    stream.leave()
    await stream.over()
    assert Session.last.heard == [{"subs": {}}]


async def test_a_stream_that_the_server_wants_to_end_ends_with_3001() -> None:
    stream = posted(CONNECT)
    stream.take_streams()
    stream.begin(http_stream)
    await stream.said(CONNECT)
    stream.on_end()
    stream.on_end()
    await stream.over()
    assert stream.body.endswith('{"push":{"disconnect":{"code":3001,"reason":"shutdown"}}}\n')
    assert stream.is_whole


async def test_a_server_without_room_for_what_stays_has_the_client_come_back() -> None:
    stream = posted(CONNECT)
    stream.take_streams()
    stream.has_room = False
    await stream.run(http_stream)
    assert stream.status == 503
    assert Session.last.heard == []
    assert Session.last.is_over.is_set()


async def test_the_server_knows_how_much_is_under_way_for_a_client_that_is_to_be_answered_first() -> None:
    stream = posted(CONNECT)
    stream.take_streams()
    stream.begin(http_stream)
    await stream.said(CONNECT)
    await asyncio.sleep(0)
    assert stream.work == 0
    Session.last.may_answer.clear()
    hand_over("secret", '{"id":2,"rpc":{}}')
    hand_over("secret", '{"id":3,"rpc":{}}')
    assert stream.work == 2
    Session.last.may_answer.set()
    await stream.said('"id":3')
    await asyncio.sleep(0)
    assert stream.work == 0
    stream.leave()
    await stream.over()


async def test_a_client_that_does_not_read_its_end_is_cut_off_on_any_server() -> None:
    stream = posted(CONNECT)
    stream.begin(http_stream)
    await stream.said(CONNECT)
    stream.reads.clear()
    await asyncio.wait_for(Session.last.disconnect(3001, "shutdown"), PATIENCE)
    await stream.over()
    assert not stream.is_whole
    assert Session.last.is_over.is_set()


async def test_a_stream_that_is_cancelled_is_over_for_its_session_too() -> None:
    stream = posted(CONNECT)
    stream.begin(http_stream)
    await stream.said(CONNECT)
    assert stream.task is not None
    stream.task.cancel()
    await asyncio.wait([stream.task])
    assert stream.task.cancelled()
    assert Session.last.is_over.is_set()
