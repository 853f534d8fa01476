"""Signs of life, in a real Redis."""

import os
from collections.abc import Iterator

import pytest
import redis
from celery.worker import state
from pytest_django import Settings

from hub import celery as hub_celery
from hub import liveness
from hub.liveness import Look, SignsOfLife

PREFIX = "liveness-test"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client
        for key in client.keys(f"{PREFIX}*"):
            client.delete(key)


@pytest.fixture
def signs(client: redis.Redis, redis_url: str) -> SignsOfLife:
    return SignsOfLife(redis_url, PREFIX)


def test_a_sign_is_seen_of_this_process_alone(signs: SignsOfLife) -> None:
    assert (signs.any(), signs.look(os.getpid())) == (False, Look(waiting=0, sign=None))
    signs.note()
    assert signs.any()
    assert signs.look(os.getpid()).sign is not None
    assert signs.look(os.getpid() + 1).sign is None


def test_each_sign_differs_and_one_a_second_is_enough(signs: SignsOfLife, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for now in (1.0, 1.5, 1.9, 2.1):
        monkeypatch.setattr("hub.liveness.time.monotonic", lambda now=now: now)
        signs.note()
        found.add(signs.look(os.getpid()).sign)
    assert found == {"1.0", "2.1"}


def test_what_waits_is_counted(signs: SignsOfLife, client: redis.Redis) -> None:
    client.lpush(f"{PREFIX}.default", "one", "two")
    assert signs.look(os.getpid()).waiting == 2


def test_a_sign_lasts_as_long_as_the_patience(signs: SignsOfLife, client: redis.Redis, settings: Settings) -> None:
    settings.HUBBUB_WORKER_PATIENCE = 45.0
    signs.note()
    assert 40_000 < int(client.pttl(f"{PREFIX}:worker")) <= 45_000


def test_a_redis_that_is_away_does_not_disturb_a_task_and_the_next_sign_is_given(
    client: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = SignsOfLife("unix:///nowhere/redis.sock", PREFIX)
    signs.note()
    monkeypatch.setattr(signs, "_client", client)
    signs.note()
    assert signs.any()


class Pool:
    """A pool of two."""

    num_processes = 2


def test_a_worker_that_does_as_much_as_it_can_gives_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[int] = []
    monkeypatch.setattr(liveness, "note", lambda: noted.append(1))
    for active, expected in (([1], 0), ([1, 2], 1)):
        monkeypatch.setattr(state, "active_requests", active)
        hub_celery.note_if_busy(Pool())
        assert len(noted) == expected
