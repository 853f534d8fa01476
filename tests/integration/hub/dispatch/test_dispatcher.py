"""Dispatch on a real log and a real Redis: joining, resuming, mending (P3)."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from hub import announce, log
from hub.core.events import Announcement, Event, Position
from hub.database import in_database, shut_down
from hub.dispatch import Dispatcher
from hub.publish import publish_ephemeral
from tests.integration.hub.dispatch.dispatching import (
    STREAM,
    Client,
    eventually,
    publish_numbers,
    running_dispatcher,
    trim,
    write_unannounced,
)
from tests.running import texts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


async def test_a_reader_without_a_position_gets_what_comes_from_now_on(client: Client) -> None:
    await in_database(publish_numbers, 1, 2)
    assert await client.join() == (2, True)
    await in_database(publish_numbers, 3)
    await eventually(lambda: client.offsets() == [3])


async def test_a_reader_resumes_from_its_position(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    epoch = (await in_database(log.position, STREAM)).epoch
    assert await client.join(Position(epoch, 1)) == (1, True)
    await in_database(publish_numbers, 4)
    await eventually(lambda: client.offsets() == [2, 3, 4])


async def test_offset_zero_means_all_that_is_kept(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    assert await client.join(Position("", 0)) == (0, True)
    await eventually(lambda: client.offsets() == [1, 2, 3])


async def test_offset_zero_begins_at_the_floor_of_a_trimmed_stream(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    await in_database(trim, 2)
    assert await client.join(Position("", 0)) == (2, True)
    await eventually(lambda: client.offsets() == [3])


async def test_offset_zero_of_an_epoch_is_a_position_like_any_other(client: Client) -> None:
    # Of somebody who came while nothing was there, and has missed all that is no longer kept.
    await in_database(publish_numbers, 1, 2, 3)
    epoch = (await in_database(log.bounds, [STREAM]))[STREAM].epoch
    await in_database(trim, 2)
    assert await client.join(Position(epoch, 0)) == (3, False)


@pytest.mark.parametrize(("epoch", "offset"), [("another", 1), ("", 99)])
async def test_a_position_of_another_life_of_the_stream_is_not_recovered(
    client: Client, epoch: str, offset: int
) -> None:
    await in_database(publish_numbers, 1, 2)
    assert await client.join(Position(epoch, offset)) == (2, False)


async def test_a_position_beyond_the_end_of_the_log_is_not_recovered_and_told_of_once(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    # As after an older copy of the database was restored, and nobody ran renew_epochs.
    await in_database(publish_numbers, 1, 2)
    epoch = (await in_database(log.bounds, [STREAM]))[STREAM].epoch
    clients = [Client(dispatcher) for _ in range(2)]
    for client in clients:
        assert await client.join(Position(epoch, 99)) == (2, False)
    assert [record.getMessage() for record in caplog.records if "renew_epochs" in record.getMessage()] == [
        f"a client stands at offset 99 of {STREAM}, the log ends at 2: if an older copy of the database was restored,"
        " run `manage.py renew_epochs`"
    ]
    for client in clients:
        await client.leave()


async def test_a_position_older_than_what_is_kept_is_not_recovered(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    await in_database(trim, 2)
    assert await client.join(Position("", 1)) == (3, False)


async def test_a_reader_ahead_of_this_process_is_recovered(dispatcher: Dispatcher, client: Client) -> None:
    other = Client(dispatcher)
    await in_database(publish_numbers, 1)
    await other.join()
    await in_database(write_unannounced, 2, 3)
    assert await client.join(Position("", 3)) == (3, True)
    await eventually(lambda: other.offsets() == [2, 3])
    await other.leave()


@pytest.mark.sqlite
async def test_a_reader_that_is_behind_stays_while_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    with monkeypatch.context() as patch:
        await client.dispatcher.join(client.reader, Position("", 0))
        # The threads that have a connection keep it.
        await asyncio.to_thread(shut_down)
        patch.setitem(connections.settings["default"], "NAME", "/nowhere/hubbub.sqlite3")
        client.start()
        await eventually(lambda: "unable to open database file" in caplog.text)
        client.reader.reply("a reply")
        await eventually(lambda: client.received == ["a reply"])
    await eventually(lambda: client.offsets() == [1, 2, 3])


async def test_an_unannounced_event_comes_with_the_next_announced_one_in_order(client: Client) -> None:
    await client.join()
    await in_database(write_unannounced, 1, 2)
    await in_database(publish_numbers, 3)
    await eventually(lambda: client.offsets() == [1, 2, 3])


async def test_an_unannounced_event_is_found_by_the_sweep(client: Client) -> None:
    await client.join()
    await in_database(write_unannounced, 1)
    await eventually(lambda: client.offsets() == [1])


async def test_doubled_and_reordered_announcements_change_nothing(client: Client) -> None:
    await client.join()
    await in_database(write_unannounced, 1, 2, 3)
    epoch = (await in_database(log.position, STREAM)).epoch
    rows = await in_database(log.read, STREAM, 0, 10)
    for event in (rows[2], rows[0], rows[0], rows[1], rows[2]):
        await in_database(announce.send, Announcement(STREAM, epoch, event.offset or 0, (event,)))
    await in_database(publish_numbers, 4)
    await eventually(lambda: 4 in client.offsets())
    assert client.offsets() == [1, 2, 3, 4]


async def test_an_announcement_of_another_version_or_shape_harms_nobody(client: Client) -> None:
    await client.join()
    for message in ({"type": "hub.announcement", "v": 99}, {"type": "hub.announcement", "v": 1}, {"type": "new"}):
        await in_database(announce._group_send, [(STREAM, message)])
    await in_database(publish_numbers, 1)
    await eventually(lambda: client.offsets() == [1])


async def test_a_reader_gets_an_ephemeral_event_without_an_offset(client: Client) -> None:
    await client.join()
    await eventually(lambda: client.reader.live)
    await in_database(publish_ephemeral, STREAM, "typing", {"user": 1})
    await eventually(lambda: len(client.received) == 1)
    assert '"type":"typing"' in client.received[0] and "offset" not in client.received[0]


async def test_a_slow_reader_is_parked_and_gets_everything_when_it_reads_on(dispatcher: Dispatcher) -> None:
    slow, fast = Client(dispatcher, outbox_limit=300), Client(dispatcher)
    await slow.join()
    await fast.join()
    slow.gate.clear()
    await in_database(publish_numbers, *range(1, 41))
    await eventually(lambda: len(fast.offsets()) == 40)
    assert not slow.reader.live
    slow.gate.set()
    await eventually(lambda: len(slow.offsets()) == 40)
    assert slow.offsets() == fast.offsets() == list(range(1, 41))
    await slow.leave()
    await fast.leave()


async def test_a_resume_longer_than_the_ring_and_a_page_is_complete_and_in_order(
    dispatcher: Dispatcher, client: Client, settings: Settings
) -> None:
    settings.HUBBUB_PAGE_SIZE, settings.HUBBUB_RING_SIZE = 7, 5
    await in_database(write_unannounced, *range(1, 101))
    assert await client.join(Position("", 0)) == (0, True)
    await in_database(publish_numbers, 101, 102)
    await eventually(lambda: len(client.offsets()) == 102)
    assert client.offsets() == list(range(1, 103))


async def test_readers_who_come_back_to_a_process_that_knows_nothing_yet_cost_one_read_of_the_log(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def read(stream: str, after: int, *args: Any, **kwargs: Any) -> list[Event]:
        reads.append(after)
        return read_log(stream, after, *args, **kwargs)

    read_log = log.read
    monkeypatch.setattr(log, "read", read)
    await in_database(write_unannounced, *range(1, 51))
    epoch = (await in_database(log.bounds, [STREAM]))[STREAM].epoch
    clients = [Client(dispatcher) for _ in range(100)]
    await asyncio.gather(*(client.join(Position(epoch, 0)) for client in clients))
    await eventually(lambda: all(client.reader.live for client in clients), 60)
    late = Client(dispatcher)
    await late.join(Position(epoch, 20))
    await eventually(lambda: late.reader.live, 60)
    assert reads == [0]
    assert all(client.offsets() == list(range(1, 51)) for client in clients)
    assert late.offsets() == list(range(21, 51))
    for client in (*clients, late):
        await client.leave()


async def test_readers_joining_while_events_are_published_miss_nothing(dispatcher: Dispatcher) -> None:
    publishing = asyncio.create_task(in_database(publish_numbers, *range(1, 101)))
    clients = [Client(dispatcher) for _ in range(20)]
    starts = []
    for client in clients:
        starts.append((await client.join())[0])
        await asyncio.sleep(0.005)
    await publishing
    await eventually(
        lambda: all(
            client.offsets()[-1:] == [100] or start == 100 for client, start in zip(clients, starts, strict=True)
        )
    )
    for client, start in zip(clients, starts, strict=True):
        assert client.offsets() == list(range(start + 1, 101))
        await client.leave()


async def test_two_processes_deliver_the_same_sequence(dispatcher: Dispatcher, client: Client) -> None:
    await client.join()
    async with running_dispatcher() as other_process:
        there = Client(other_process)
        await there.join()
        await in_database(publish_numbers, *range(1, 31))
        await eventually(lambda: len(client.offsets()) == len(there.offsets()) == 30)
        assert client.received == there.received
        await there.leave()


async def test_who_catches_up_before_the_live_readers_got_an_event_does_not_get_it_again_with_them(
    client: Client,
) -> None:
    await in_database(publish_numbers, 1, 2)
    epoch = (await in_database(log.position, STREAM)).epoch
    await client.dispatcher.join(client.reader, None)
    await in_database(write_unannounced, 3, 4)
    # The reader's turn comes first, then that of the live readers: no await in between.
    client.start()
    client.dispatcher._on_announcement(Announcement(STREAM, epoch, 3, (Event(3, "numbered", "", "{}"),)))
    client.dispatcher._on_announcement(Announcement(STREAM, epoch, 4, (Event(4, "numbered", "", "{}"),)))
    await eventually(lambda: client.offsets()[-1:] == [4])
    await asyncio.sleep(0)
    assert client.offsets() == [3, 4]


async def test_what_is_announced_at_the_same_time_is_written_at_once(client: Client) -> None:
    await in_database(publish_numbers, 1)
    epoch = (await in_database(log.position, STREAM)).epoch
    writes: list[list[str]] = []

    def write(frames: bytes) -> bool:
        writes.append(list(texts(frames)))
        return True

    client.reader._write = write
    await client.join()
    await eventually(lambda: client.reader.live)
    for offset in (2, 3, 4):
        event = Event(offset, "numbered", "", "{}")
        client.dispatcher._on_announcement(Announcement(STREAM, epoch, offset, (event,)))
    await eventually(lambda: bool(writes))
    assert [len(one) for one in writes] == [3]


@pytest.mark.parametrize(("logged", "sizes"), [(True, [1, 2]), (False, [1, 1, 1])])
async def test_a_logged_stream_rests_as_long_as_its_readers_were_written_to_and_no_other_does(
    client: Client, monkeypatch: pytest.MonkeyPatch, logged: bool, sizes: list[int]
) -> None:
    epoch = (await in_database(log.position, STREAM)).epoch
    now, writes = [0.0], list[int]()

    def write(frames: bytes) -> bool:
        writes.append(len(list(texts(frames))))
        now[0] += 30
        return True

    # Longer than the test: what waits is given out at its end.
    monkeypatch.setattr("hub.dispatch.dispatcher.MAX_REST", 60.0)
    monkeypatch.setattr(client.dispatcher, "_clock", lambda: now[0])
    client.reader._write = write
    await client.join()
    await eventually(lambda: client.reader.live)
    local = client.dispatcher._streams[STREAM]
    local.logged = logged
    for offset in (1, 2, 3):
        event = Event(offset, "numbered", "", "{}")
        client.dispatcher._on_announcement(Announcement(STREAM, epoch, offset, (event,)))
        # Turns of the event loop, in which whatever does not rest goes out.
        for _ in range(5):
            await asyncio.sleep(0)
    client.dispatcher._flush(local)
    assert writes == sizes


async def test_a_reader_that_cannot_be_written_to_costs_the_others_nothing(
    dispatcher: Dispatcher, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(frames: bytes) -> bool:
        raise RuntimeError("a fault in the server")

    broken, other = Client(dispatcher), Client(dispatcher)
    for one in (broken, client, other):
        await one.join()
    await eventually(lambda: all(one.reader.live for one in (broken, client, other)))
    broken.reader._write = fail
    await in_database(publish_numbers, 1, 2)
    await eventually(lambda: client.offsets()[-1:] == other.offsets()[-1:] == [2])
    await in_database(publish_numbers, 3)
    await eventually(lambda: client.offsets()[-1:] == other.offsets()[-1:] == [3])
    assert client.offsets() == other.offsets() == [1, 2, 3]
    assert "events could not be given out" in caplog.text
    await other.leave()
    with suppress(RuntimeError):
        await broken.leave()
