"""Delivering by frames: what comes to an idle reader is written at once, and in order with what waits."""

import pytest

from hub.deliver import MAX_WRITE, Reader, fan_out
from tests.unit.hub.reading import Client, Stream, encoded, reading, reply, until


@pytest.fixture
def stream() -> Stream:
    """A stream of five events."""
    stream = Stream()
    for _ in range(5):
        stream.publish()
    return stream


async def test_a_live_reader_with_nothing_to_do_gets_events_and_replies_at_once_in_whole_frames(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=5, write=client.write) as reader:
        await until(lambda: reader.live and not reader._busy)
        stream.publish()
        reader.reply(reply(1))
        stream.publish_ephemeral()
        # No turn of the event loop: nothing ran but what wrote.
        assert client.kinds == ["6", "r1", "typing"]
        assert reader.sent == 6


async def test_what_a_connection_does_not_take_at_once_comes_before_what_follows(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5, write=client.write) as reader:
        await until(lambda: reader.live and not reader._busy)
        stream.publish()
        client.take(1)
        stream.publish()
        reader.reply(reply(1))
        client.take_all()
        await until(lambda: len(client.messages) == 3)
    assert client.kinds == ["r1", "6", "7"] or client.kinds == ["6", "r1", "7"]


async def test_events_that_are_large_together_wait_until_the_client_takes_them() -> None:
    client = Client()
    client.take_all()
    reader = Reader("room:lobby", client.send, 1_000_000, client.write)
    reader.live = True
    fan_out({reader}, [encoded(1, MAX_WRITE), encoded(2)])
    assert client.messages == []
    await reader.run(Stream().catch_up)
    assert client.offsets == [1, 2]
