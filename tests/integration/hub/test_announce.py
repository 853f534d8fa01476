"""Announcing through a real Redis: the bytes, and what happens when Redis is away (P6)."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from channels.layers import get_channel_layer
from pytest_django import Settings as OverriddenSettings

from hub import announce
from hub.announce import Doorbell
from hub.core.events import Announcement, Event, decode_announcement, decode_bundle, encode_announcement
from hub.core.streams import group_name
from hub.core.types import JSONObject

ANNOUNCEMENT = Announcement("t:a", "e", 1, (Event(1, "said", "2026-01-02T03:04:05.678Z", '{"n":1}'),))


async def test_the_bytes_are_those_that_the_layer_itself_would_send(redis_url: str) -> None:
    layer = get_channel_layer()
    client = redis.Redis.from_url(redis_url)
    pubsub = client.pubsub()  # type: ignore[no-untyped-call]
    pubsub.psubscribe("*")
    assert pubsub.get_message(timeout=5)["type"] == "psubscribe"

    await layer.group_send(group_name("t:a"), encode_announcement(ANNOUNCEMENT))
    assert announce.send(ANNOUNCEMENT)
    by_layer, by_us = pubsub.get_message(timeout=5), pubsub.get_message(timeout=5)

    assert (by_us["channel"], by_us["data"]) == (by_layer["channel"], by_layer["data"])
    pubsub.close()
    client.close()
    await layer.flush()


def test_a_redis_that_is_away_costs_no_error_and_is_not_asked_again_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    doorbell = Doorbell(f"unix://{tmp_path}/none.sock", timeout=0.5, pause=1.0, clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        assert [doorbell.publish([("c", b"m")]) for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    assert doorbell.failed == 3
    now[0] = 1.5
    assert not doorbell.publish([("c", b"m")])
    assert len(caplog.records) == 2


def test_publishing_to_a_redis_that_hangs_takes_no_longer_than_the_time_limit(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        doorbell = Doorbell(f"unix://{tmp_path}/s", timeout=0.2, pause=5.0)
        began = time.monotonic()
        assert not doorbell.publish([("c", b"m")])
        assert not doorbell.publish([("c", b"m")])
    # The bound is what the test is about: once 0.2 s, then nothing; five times that still proves it on a busy machine.
    assert time.monotonic() - began < 1.0


def test_many_threads_that_publish_at_once_share_a_few_connections(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    before = client.info("clients")["connected_clients"]
    doorbell = Doorbell(redis_url, timeout=5.0, pause=5.0)
    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(lambda _: doorbell.publish([("c", b"m")]), range(2_000)))
    assert 1 <= client.info("clients")["connected_clients"] - before <= announce.CONNECTIONS


def test_many_threads_that_publish_to_a_redis_that_hangs_wait_once_altogether(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        doorbell = Doorbell(f"unix://{tmp_path}/s", timeout=0.5, pause=60.0)
        began = time.monotonic()
        with ThreadPoolExecutor(40) as threads:
            assert not any(threads.map(lambda _: doorbell.publish([("c", b"m")]), range(40)))
    # One after the other, four at a time, it would be 5 s.
    assert time.monotonic() - began < 3.0
    assert doorbell.failed == 40


def test_a_connection_that_a_restarted_redis_has_closed_is_made_anew(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, timeout=2.0, pause=5.0)
    assert doorbell.publish([("c", b"m")])
    redis.Redis.from_url(redis_url).client_kill_filter(_type="normal", skipme=True)
    assert doorbell.publish([("c", b"m")])
    assert doorbell.failed == 0


def told(pubsub: redis.client.PubSub, messages: int) -> list[JSONObject]:
    """Return what comes next on the layer, which is so many messages and no more."""
    layer = get_channel_layer()
    found = [layer.deserialize(pubsub.get_message(timeout=5)["data"]) for _ in range(messages)]
    assert pubsub.get_message(timeout=0.05) is None
    return found


@pytest.fixture
def overheard(redis_url: str) -> Iterator[redis.client.PubSub]:
    """Hear everything that is said on the layer."""
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as pubsub:
        pubsub.psubscribe("*")
        assert pubsub.get_message(timeout=5)["type"] == "psubscribe"
        yield pubsub


def of_stream(number: int, *offsets: int) -> Announcement:
    """Return an announcement of events with those offsets."""
    events = tuple(Event(offset, "said", "2026-01-02T03:04:05.678Z", "{}") for offset in offsets)
    return Announcement(f"t:{number}", "e", offsets[-1], events)


def test_what_is_announced_together_goes_out_at_the_end_joined_by_stream(overheard: redis.client.PubSub) -> None:
    with announce.together():
        for offset in (1, 2, 3):
            assert announce.send(of_stream(1, offset))
            assert announce.send(of_stream(2, offset))
        assert overheard.get_message(timeout=0.05) is None
    found = [decode_announcement(message) for message in told(overheard, 2)]
    assert found == [of_stream(1, 1, 2, 3), of_stream(2, 1, 2, 3)]


def test_what_was_announced_before_a_failure_goes_out_all_the_same(overheard: redis.client.PubSub) -> None:
    with pytest.raises(LookupError), announce.together():
        announce.send(of_stream(1, 1))
        raise LookupError
    assert decode_announcement(told(overheard, 1)[0]) == of_stream(1, 1)


def test_many_streams_are_announced_in_few_messages(overheard: redis.client.PubSub) -> None:
    many = [of_stream(number, 1) for number in range(2 * announce.MAX_BUNDLE + 1)]
    assert announce.send_all(many)
    found = [decode_bundle(message) or [] for message in told(overheard, 3)]
    assert [one for bundle in found for one in bundle] == many


def test_a_message_with_many_announcements_is_no_larger_than_one_may_be(
    overheard: redis.client.PubSub, settings: OverriddenSettings
) -> None:
    settings.HUBBUB_ANNOUNCEMENT_LIMIT = 1_000
    assert announce.send_all([of_stream(number, 1, 2, 3) for number in range(9)])
    # Each of them takes a bit more than 300 bytes.
    assert [len(decode_bundle(message) or []) for message in told(overheard, 3)] == [3, 3, 3]
