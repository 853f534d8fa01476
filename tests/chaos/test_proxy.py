"""The fault proxy does what its name says, or the faults would prove nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.chaos.proxy import FaultProxy


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """A proxy in front of a server that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, FaultProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as running:
        yield running


async def dial(proxy: FaultProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, and make sure that all passes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    return reader, writer


async def test_a_silent_link_passes_nothing_and_a_new_one_works(proxy: FaultProxy) -> None:
    reader, writer = await dial(proxy)
    assert proxy.go_silent() == 1
    writer.write(b"?")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
    _, other = await dial(proxy)
    for one in (writer, other):
        one.close()


async def test_a_reset_link_ends_with_an_error(proxy: FaultProxy) -> None:
    reader, writer = await dial(proxy)
    assert proxy.reset() == 1
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    writer.close()


async def test_a_delayed_link_passes_everything_later(proxy: FaultProxy) -> None:
    proxy.delay = 0.1
    began = asyncio.get_running_loop().time()
    _, writer = await dial(proxy)
    # Once on the way there, once on the way back.
    assert asyncio.get_running_loop().time() - began >= 0.2
    writer.close()


async def test_the_answer_to_a_commit_is_lost_and_what_was_asked_for_is_done(proxy: FaultProxy) -> None:
    reader, writer = await dial(proxy)
    proxy.cut_commits = 1
    writer.write(b"Q\0\0\0\x0bCOMMIT\0")
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    assert proxy.cut_commits == 0
    writer.close()
    # The next one hears of its own.
    reader, writer = await dial(proxy)
    writer.write(b"Q\0\0\0\x0bCOMMIT\0")
    assert await reader.readexactly(12) == b"Q\0\0\0\x0bCOMMIT\0"
    writer.close()


async def test_a_commit_that_is_lost_never_arrives() -> None:
    arrived = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError):
            while data := await reader.read(100):
                arrived.append(data)
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, FaultProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        proxy.lost_commits = 1
        reader, writer = await dial(proxy)
        writer.write(b"Q\0\0\0\x0bCOMMIT\0")
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        assert (arrived, proxy.lost_commits) == ([b"hello"], 0)
        writer.close()


async def test_new_links_go_where_the_proxy_leads(proxy: FaultProxy) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"another")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        proxy.lead_to(other.sockets[0].getsockname()[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await reader.read(7) == b"another"
        writer.close()
