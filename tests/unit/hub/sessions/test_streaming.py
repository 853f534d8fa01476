"""A streamed response: it begins at once, waits for its client, and ends whether that reads or not."""

import asyncio

import pytest

from hub.core.asgi import Receive, Scope, Send
from hub.core.codecs.centrifugo import JSON
from hub.sessions.framing import FramedCodec, as_lines
from hub.sessions.streaming import StreamTransport
from tests.unit.hub.sessions.exchanges import PATIENCE, Exchange, scope_of

LINES = FramedCodec(JSON, as_lines)
GOODBYE = '{"push":{"disconnect":{"code":3001,"reason":"shutdown"}}}\n'


def nobody() -> None:
    raise AssertionError("the server does not want the stream to end")


class Served:
    """A stream that its test speaks through."""

    def __init__(self, exchange: Exchange, *, unidirectional: bool = False) -> None:
        self.exchange = exchange
        self.transport: StreamTransport
        self._unidirectional = unidirectional

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.transport = StreamTransport(LINES, scope, send, unidirectional=self._unidirectional)
        await self.transport.open([], b"", nobody)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(scope_of("POST"))


async def test_the_head_goes_out_before_anything_is_said(exchange: Exchange) -> None:
    await exchange.run(Served(exchange))
    assert (exchange.status, exchange.body) == (200, "")
    assert [message["type"] for message in exchange.sent] == ["http.response.start", "http.response.body"]
    assert exchange.headers["x-accel-buffering"] == "no"
    assert "no-store" in exchange.headers["cache-control"]


async def test_it_ends_by_a_push_that_says_why_and_says_nothing_more(exchange: Exchange) -> None:
    served = Served(exchange)
    await exchange.run(served)
    await served.transport.send("{}")
    await served.transport.close(3001, "shutdown")
    await served.transport.close(3000, "again")
    await served.transport.send("late")
    assert exchange.body == "{}\n" + GOODBYE
    assert exchange.is_whole


async def test_the_last_push_of_one_direction_has_nothing_around_it(exchange: Exchange) -> None:
    served = Served(exchange, unidirectional=True)
    await exchange.run(served)
    await served.transport.close(3001, "shutdown")
    assert exchange.body == '{"disconnect":{"code":3001,"reason":"shutdown"}}\n'


async def test_who_speaks_waits_for_a_client_that_does_not_read(exchange: Exchange) -> None:
    served = Served(exchange)
    await exchange.run(served)
    exchange.reads.clear()
    speaking = asyncio.ensure_future(served.transport.send("{}"))
    await asyncio.sleep(0)
    assert not speaking.done()
    exchange.reads.set()
    await asyncio.wait_for(speaking, PATIENCE)
    assert exchange.body == "{}\n"


async def test_a_client_that_does_not_read_is_cut_off_in_the_end(exchange: Exchange) -> None:
    exchange.take_streams()
    served = Served(exchange)
    await exchange.run(served)
    exchange.reads.clear()
    await asyncio.wait_for(served.transport.close(3001, "shutdown"), PATIENCE)
    assert exchange.was_cut


async def test_a_server_that_takes_pieces_at_once_is_given_them(exchange: Exchange) -> None:
    exchange.take_streams()
    served = Served(exchange)
    await exchange.run(served)
    assert served.transport.write is not None
    assert served.transport.write(LINES.frame("{}"))
    exchange.reads.clear()
    assert not served.transport.write(LINES.frame("{}"))
    assert exchange.body == "{}\n"
    assert exchange.on_end is nobody
