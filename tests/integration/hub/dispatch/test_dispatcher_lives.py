"""Dispatch where a stream begins anew, is let go, or cannot be read (P3)."""

import asyncio
import json

import pytest
from django.db import OperationalError, transaction
from pytest_django import Settings

from hub import log
from hub.core.events import Event, Position
from hub.database import DatabaseUnavailable, in_database
from hub.dispatch import Dispatcher, StreamReset
from hub.log import Draft
from hub.models import Event as EventRow
from hub.models import Stream
from tests.integration.hub.dispatch.dispatching import (
    STREAM,
    Client,
    eventually,
    publish_numbers,
    trim,
    write_unannounced,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


async def test_a_stream_that_begins_anew_ends_its_readers(client: Client) -> None:
    await in_database(publish_numbers, 1, 2)
    await client.join()
    await eventually(lambda: client.reader.live)
    await in_database(begin_anew)
    assert client.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(client.task, 10)


def begin_anew() -> None:
    Stream.objects.filter(name=STREAM).delete()
    publish_numbers(1)


async def test_a_log_restored_from_an_older_copy_ends_its_readers(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    await client.join()
    await eventually(lambda: client.reader.live)
    await in_database(lambda: Stream.objects.filter(name=STREAM).update(head=1))
    assert client.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(client.task, 10)


async def test_a_reader_that_waits_for_what_is_no_longer_kept_is_told_so(client: Client) -> None:
    await in_database(publish_numbers, 1)
    await client.join()
    await eventually(lambda: client.reader.live)
    await in_database(write_and_trim)
    assert client.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(client.task, 60)


def write_and_trim() -> None:
    write_unannounced(2, 3)
    trim(3)


async def test_a_reader_that_is_behind_gets_nothing_of_another_life_of_the_stream(
    dispatcher: Dispatcher, settings: Settings
) -> None:
    settings.HUBBUB_RING_SIZE = 1
    await in_database(publish_numbers, 1, 2, 3)
    other = Client(dispatcher)
    await other.join()
    slow = Client(dispatcher)
    await dispatcher.join(slow.reader, Position("", 1))
    # A backup is restored, and goes on, before the sweep has noticed.
    await in_database(restore_and_go_on)
    slow.start()
    assert slow.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(slow.task, 60)
    assert slow.offsets() == []
    await other.leave()


async def test_what_was_read_of_a_former_life_of_the_stream_goes_to_nobody_in_the_next(
    dispatcher: Dispatcher, client: Client
) -> None:
    await in_database(write_unannounced, 1, 2, 3)
    other = Client(dispatcher)
    await other.join(Position("", 0))
    await eventually(lambda: other.offsets() == [1, 2, 3], 60)
    await in_database(restore_and_go_on)
    assert other.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(other.task, 60)
    assert await client.join(Position("", 0)) == (0, True)
    await eventually(lambda: client.offsets() == [1, 2, 3], 60)
    assert [json.loads(text)["data"]["n"] for text in client.received] == [1, 20, 30]


def restore_and_go_on() -> None:
    with transaction.atomic():
        EventRow.objects.filter(stream__name=STREAM, offset__gt=1).delete()
        Stream.objects.filter(name=STREAM).update(head=1)
        log.renew_epochs()
        log.append(STREAM, [Draft("numbered", {"n": number}) for number in (20, 30)])


async def test_an_event_is_encoded_once_however_many_read_it(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.core.codecs import plain

    encoded: list[Event] = []
    original = plain.encode_event

    def encode(event: Event) -> str:
        encoded.append(event)
        return original(event)

    monkeypatch.setattr(plain, "encode_event", encode)
    clients = [Client(dispatcher) for _ in range(10)]
    for client in clients:
        await client.join()
    await in_database(publish_numbers, 1)
    await eventually(lambda: all(client.offsets() == [1] for client in clients))
    assert len(encoded) == 1
    for client in clients:
        await client.leave()


async def test_a_stream_that_somebody_joins_while_another_one_is_let_go_stays(
    dispatcher: Dispatcher, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.dispatch.stream.LINGER", 0.0)
    first, second = Client(dispatcher, stream="t:first"), Client(dispatcher, stream=STREAM)
    for one in (first, second):
        await one.join()
        await one.leave()
    unsubscribe = dispatcher._link.unsubscribe

    async def unsubscribe_slowly(stream: str) -> None:
        if stream == "t:first":
            await client.join()
        await unsubscribe(stream)

    monkeypatch.setattr(dispatcher._link, "unsubscribe", unsubscribe_slowly)
    await dispatcher._let_go()
    assert dispatcher.streams == 1
    await in_database(publish_numbers, 1)
    await eventually(lambda: client.offsets() == [1])


async def test_a_reader_that_is_behind_gets_nothing_of_another_life_of_its_stream(client: Client) -> None:
    await in_database(publish_numbers, 1, 2, 3)
    await client.dispatcher.join(client.reader, Position("", 0))
    # Nobody in this process hears of it: the rows have the same offsets, and are others.
    await in_database(begin_anew_in_silence)
    client.start()
    assert client.task is not None
    with pytest.raises(StreamReset):
        await asyncio.wait_for(client.task, 10)
    assert client.received == []


def begin_anew_in_silence() -> None:
    Stream.objects.filter(name=STREAM).delete()
    write_unannounced(7, 8, 9)


async def test_a_reader_ahead_of_this_process_is_told_when_the_log_cannot_be_read(
    dispatcher: Dispatcher, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Client(dispatcher)
    await in_database(publish_numbers, 1)
    await other.join()
    await in_database(write_unannounced, 2, 3)

    def fail(*args: object, **kwargs: object) -> list[Event]:
        raise OperationalError("gone")

    # A snapshot would not be needed: the client is right, and the process only cannot find out so.
    with monkeypatch.context() as patch, pytest.raises(DatabaseUnavailable):
        patch.setattr(log, "read", fail)
        await client.join(Position("", 3))
    assert await client.join(Position("", 3)) == (3, True)
    await other.leave()
