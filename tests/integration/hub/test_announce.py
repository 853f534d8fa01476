"""Announcing through a real Redis: the bytes, and what happens when Redis is away (P6)."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from channels.layers import get_channel_layer

from hub import announce
from hub.announce import Doorbell
from hub.core.events import Announcement, Event, encode_announcement
from hub.core.streams import group_name

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
        assert [doorbell.publish("c", b"m") for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    assert doorbell.failed == 3
    now[0] = 1.5
    assert not doorbell.publish("c", b"m")
    assert len(caplog.records) == 2


def test_publishing_to_a_redis_that_hangs_takes_no_longer_than_the_time_limit(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        doorbell = Doorbell(f"unix://{tmp_path}/s", timeout=0.2, pause=5.0)
        began = time.monotonic()
        assert not doorbell.publish("c", b"m")
        assert not doorbell.publish("c", b"m")
    # The bound is what the test is about: once 0.2 s, then nothing; five times that still proves it on a busy machine.
    assert time.monotonic() - began < 1.0


def test_many_threads_that_publish_at_once_share_a_few_connections(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    before = client.info("clients")["connected_clients"]
    doorbell = Doorbell(redis_url, timeout=5.0, pause=5.0)
    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(lambda _: doorbell.publish("c", b"m"), range(2_000)))
    assert 1 <= client.info("clients")["connected_clients"] - before <= announce.CONNECTIONS


def test_many_threads_that_publish_to_a_redis_that_hangs_wait_once_altogether(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        doorbell = Doorbell(f"unix://{tmp_path}/s", timeout=0.5, pause=60.0)
        began = time.monotonic()
        with ThreadPoolExecutor(40) as threads:
            assert not any(threads.map(lambda _: doorbell.publish("c", b"m"), range(40)))
    # One after the other, four at a time, it would be 5 s.
    assert time.monotonic() - began < 3.0
    assert doorbell.failed == 40


def test_a_connection_that_a_restarted_redis_has_closed_is_made_anew(redis_url: str) -> None:
    doorbell = Doorbell(redis_url, timeout=2.0, pause=5.0)
    assert doorbell.publish("c", b"m")
    redis.Redis.from_url(redis_url).client_kill_filter(_type="normal", skipme=True)
    assert doorbell.publish("c", b"m")
    assert doorbell.failed == 0
