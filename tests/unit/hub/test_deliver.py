"""Delivering: whatever a client does, it gets each event once, in order, and costs a bounded number of bytes."""

import asyncio
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.codecs import plain
from hub.core.events import Event
from hub.deliver import EncodedEvent, Reader, fan_out, first_bytes
from tests.running import keep_running
from tests.unit.hub.reading import LIMIT, Client, Stream, encoded, reading, reply, turns, until


@pytest.fixture
def stream() -> Stream:
    """A stream of five events."""
    stream = Stream()
    for _ in range(5):
        stream.publish()
    return stream


async def test_a_reader_gets_what_follows_its_position(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=2) as reader:
        await until(lambda: reader.live)
        stream.publish()
        await until(lambda: reader.sent == 6)
    assert client.offsets == [3, 4, 5, 6]


async def test_what_is_published_while_a_reader_catches_up_is_not_lost(stream: Stream) -> None:
    client = Client()
    client.take_all()
    # Once at the last look too, which finds the reader at the end.
    looks = iter([True, True, False, True, False])
    stream.on_read = lambda: stream.publish() if next(looks, False) else None
    async with reading(stream, client.send) as reader:
        await until(lambda: reader.live)
    assert client.offsets == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_reader_is_not_offered_events_before_it_has_caught_up(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send) as reader:
        await turns()
        assert not reader.live
        client.take(4)
        await turns()
        assert not reader.live
        client.take(1)
        await until(lambda: reader.live)
        assert reader.sent == 5


async def test_a_slow_reader_is_parked_and_reads_on_from_the_log(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        for _ in range(10):
            stream.publish(LIMIT // 3)
        assert not reader.live
        assert stream.live == set()
        client.take_all()
        await until(lambda: reader.live)
    assert client.offsets == list(range(6, 16))


async def test_what_is_on_its_way_while_a_reader_is_parked_is_not_sent_twice(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.publish()
        await turns()
        for _ in range(3):
            stream.publish(LIMIT)
        assert (reader.live, reader.sent) == (False, 5)
        client.take(1)
        await turns()
        assert reader.sent == 6
        client.take_all()
        await until(lambda: reader.live)
    assert client.offsets == [6, 7, 8, 9]


async def test_a_reader_that_is_parked_in_the_middle_of_its_events_reads_on(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.publish()
        stream.publish()
        # It has seen both, and is busy with the first.
        await turns()
        stream.publish(LIMIT)
        client.take_all()
        await until(lambda: reader.live)
    assert client.offsets == [6, 7, 8]


async def test_an_event_larger_than_the_outbox_reaches_its_readers(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        for size in (LIMIT * 3, 10, LIMIT * 3, LIMIT * 3):
            stream.publish(size)
        await until(lambda: reader.sent == 9)
    assert client.offsets == [6, 7, 8, 9]


async def test_ephemeral_events_are_dropped_first(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.publish(LIMIT // 2)
        # Half of the room is taken: from here on only what is logged is kept.
        for _ in range(100):
            stream.publish_ephemeral()
        stream.publish()
        assert reader.live
        client.take_all()
        await until(lambda: reader.sent == 7)
    assert client.kinds == ["6", "7"]


async def test_ephemeral_events_keep_their_place_among_the_others(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.publish()
        stream.publish_ephemeral()
        stream.publish()
        await until(lambda: reader.sent == 7)
    assert client.kinds == ["6", "typing", "7"]


async def test_who_is_behind_gets_no_ephemeral_events(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send) as reader:
        await turns()
        stream.publish_ephemeral()
        client.take_all()
        await until(lambda: reader.live)
    assert client.kinds == ["1", "2", "3", "4", "5"]


async def test_a_reply_overtakes_the_events_that_wait(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        for _ in range(3):
            stream.publish()
        reader.reply(reply(1))
        client.take_all()
        await until(lambda: reader.sent == 8)
    assert client.kinds == ["r1", "6", "7", "8"]


async def test_a_reply_does_not_wait_until_a_reader_has_caught_up(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send) as reader:
        await turns()
        reader.reply(reply(1))
        reader.reply(reply(2))
        client.take_all()
        await until(lambda: reader.live)
    # The first event was on its way already.
    assert client.kinds == ["1", "r1", "r2", "2", "3", "4", "5"]


async def test_a_reply_is_sent_before_the_log_is_looked_into() -> None:
    client = Client()
    client.take_all()
    looked: list[list[str]] = []

    async def slow_log(reader: Reader) -> list[EncodedEvent]:
        looked.append(client.kinds)
        await asyncio.Event().wait()
        return []

    reader = Reader("room:lobby", client.send, LIMIT)
    reader.reply(reply(1))
    running = asyncio.create_task(keep_running(reader, slow_log))
    await until(lambda: bool(looked))
    running.cancel()
    assert looked == [["r1"]]


async def test_a_reply_is_sent_where_there_are_no_events() -> None:
    client = Client()
    client.take_all()
    async with reading(Stream(), client.send) as reader:
        await until(lambda: reader.live)
        reader.reply(reply(1))
        await until(lambda: client.kinds == ["r1"])


async def test_replies_are_kept_while_a_reader_is_parked(stream: Stream) -> None:
    client = Client()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        reader.reply(reply(1))
        for _ in range(3):
            stream.publish(LIMIT)
        assert not reader.live
        reader.reply(reply(2))
        client.take_all()
        await until(lambda: reader.live)
    assert client.kinds == ["r1", "r2", "6", "7", "8"]


async def test_a_stream_that_never_stands_still_starves_no_reply(stream: Stream) -> None:
    client = Client()
    # Whoever reads the log finds that it has grown: this reader never catches up.
    stream.on_read = stream.publish
    async with reading(stream, client.send) as reader:
        for number in range(1, 21):
            reader.reply(reply(number))
            client.take(2)
            await turns()
        assert not reader.live
        assert [kind for kind in client.kinds if kind.startswith("r")] == [f"r{number}" for number in range(1, 21)]


async def test_replies_without_end_starve_no_events_for_ever(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.publish()
        for number in range(100):
            reader.reply(reply(number))
            await asyncio.sleep(0)
        assert reader.sent == 6


async def test_a_client_that_never_reads_holds_no_more_than_the_outbox() -> None:
    stream = Stream()

    async def catch_up(reader: Reader) -> list[EncodedEvent]:
        reader.live = True
        stream.live.add(reader)
        return []

    reader = Reader("room:lobby", Client().send, 100_000)
    running = asyncio.create_task(keep_running(reader, catch_up))
    await until(lambda: reader.live)
    tracemalloc.start()
    for offset in range(1, 10_001):
        fan_out(stream.live, [encoded(offset, 1_000)])
        fan_out(stream.live, [encoded(None, 1_000)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    running.cancel()
    # 20 MB were offered. The message on its way and Python's own share come on top of the limit.
    assert held < 120_000


async def test_a_parked_reader_holds_next_to_nothing() -> None:
    client = Client()
    reader = Reader("room:lobby", client.send, 100_000)
    live = {reader}
    tracemalloc.start()
    for offset in range(1, 1_001):
        fan_out(live, [encoded(offset, 1_000)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert live == set()
    assert held < 10_000


# Nothing wakes the reader here but what has to.
steps = st.lists(
    st.tuples(st.sampled_from(["publish", "type", "reply"]), st.integers(0, LIMIT + 100))
    | st.tuples(st.sampled_from(["take", "turn"]), st.integers(1, 5)),
    max_size=50,
)


@settings(max_examples=300)
@given(steps, st.booleans())
def test_each_event_comes_exactly_once_and_in_order_and_each_reply_too(
    steps: list[tuple[str, int]], writes: bool
) -> None:
    asyncio.run(_check_delivery(steps, writes))


async def _check_delivery(steps: list[tuple[str, int]], writes: bool) -> None:
    stream, client, replies = Stream(), Client(), 0
    async with reading(stream, client.send, write=client.write if writes else None) as reader:
        for step, number in steps:
            match step:
                case "publish":
                    stream.publish(number)
                case "type":
                    stream.publish_ephemeral(number)
                case "reply":
                    replies += 1
                    reader.reply(reply(replies, number))
                case "take":
                    client.take(number)
                case "turn":
                    await turns(number)
            assert reader.live is (reader in stream.live)
        client.take_all()
        await until(lambda: reader.sent == len(stream.log) and client.replies == replies)
    assert client.offsets == list(range(1, len(stream.log) + 1))
    assert [kind for kind in client.kinds if kind.startswith("r")] == [f"r{n}" for n in range(1, replies + 1)]


async def test_a_reader_that_is_no_longer_live_looks_into_the_log_when_woken(stream: Stream) -> None:
    client = Client()
    client.take_all()
    async with reading(stream, client.send, after=5) as reader:
        await until(lambda: reader.live)
        stream.live.discard(reader)
        reader.live = False
        stream.publish()
        await turns()
        assert client.offsets == []
        reader.wake()
        await until(lambda: reader.live)
    assert client.offsets == [6]


async def test_a_reader_that_is_woken_before_it_can_run_runs_once_it_can() -> None:
    reader = Reader("room:lobby", Client().send, LIMIT)
    # As when its stream begins anew while its client is told where it stands.
    reader.wake()
    asked: list[bool] = []
    reader.on_work = lambda: asked.append(True)
    reader.wake()
    reader.wake()
    assert asked == [True]


async def test_what_ends_catching_up_ends_the_reader() -> None:
    async def fail(reader: Reader) -> list[EncodedEvent]:
        raise LookupError("no longer kept")

    with pytest.raises(LookupError, match="no longer kept"):
        await Reader("room:lobby", Client().send, LIMIT).run(fail)


async def test_a_connection_that_is_gone_ends_the_reader(stream: Stream) -> None:
    async def fail(message: str) -> None:
        raise ConnectionResetError("gone")

    reader = Reader("room:lobby", fail, LIMIT)
    with pytest.raises(ConnectionResetError, match="gone"):
        await keep_running(reader, stream.catch_up)
    assert reader.sent == 0


def test_an_event_is_encoded_once_for_all_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Event] = []
    encode = plain.encode_event

    def counted(event: Event) -> str:
        calls.append(event)
        return encode(event)

    monkeypatch.setattr(plain, "encode_event", counted)
    readers = {Reader("room:lobby", Client().send, LIMIT) for _ in range(20)}
    events = [encoded(1), encoded(None), encoded(2)]
    fan_out(readers, events)
    assert calls == [event.event for event in events]


def test_an_event_that_nobody_reads_is_not_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "encode_event", lambda event: pytest.fail("it was encoded"))
    fan_out(set(), [encoded(1)])


def test_only_readers_without_room_leave_the_live_ones() -> None:
    roomy, narrow = (Reader("room:lobby", Client().send, limit) for limit in (LIMIT, 10))
    roomy.live = narrow.live = True
    readers = {roomy, narrow}
    fan_out(readers, [encoded(1), encoded(2)])
    assert readers == {roomy}
    assert (roomy.live, narrow.live) == (True, False)


@given(st.lists(st.integers(0, 500), max_size=20), st.integers(0, 2_000))
def test_a_page_takes_no_more_than_its_limit_or_one_event(sizes: list[int], limit: int) -> None:
    events = [encoded(offset, size) for offset, size in enumerate(sizes, start=1)]
    page = first_bytes(events, limit)
    assert page == events[: len(page)]
    assert sum(event.size for event in page) <= limit or len(page) == 1
    # And no less than fits.
    assert page == events or sum(event.size for event in events[: len(page) + 1]) > limit
    assert bool(page) is bool(events)
