"""`/health`: 200 when all parts work, else 503 with the name of the one that does not."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connections
from django.test import AsyncClient

from hub import announce, liveness
from hub.conf import conf
from tests import servers
from tests.integration.hub.conftest import start_server
from tests.programs import PATIENCE, Server, stopped
from tests.servers import wait_until
from tests.visitors import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

#: Of a process beside which no worker runs.
WELL = {"database": "ok", "redis": "ok", "dispatcher": "ok", "worker": "no task done within 60 s"}


@pytest.fixture(autouse=True)
def no_worker(redis_url: str) -> None:
    """Forget the workers of other tests."""
    with redis.Redis.from_url(redis_url) as client:
        client.delete(f"{conf.LAYER_PREFIX}:worker")
    liveness.signs_of_life.cache_clear()


async def health() -> tuple[int, str, dict[str, str]]:
    """Return the HTTP status, the status in words, and the state of each part."""
    answer: Any = await AsyncClient().get("/health")
    return answer.status_code, answer.json()["status"], answer.json()["parts"]


async def test_all_parts_are_well_when_a_worker_has_done_something() -> None:
    liveness.signs_of_life().note()
    assert await health() == (200, "ok", WELL | {"worker": "ok"})


async def test_without_a_worker_the_process_is_ready_and_says_so() -> None:
    assert await health() == (200, "degraded", WELL)


async def test_nobody_keeps_the_answer() -> None:
    answer = await AsyncClient().get("/health")
    assert "no-store" in answer["Cache-Control"]


async def test_it_can_be_asked_for_the_status_alone_and_for_nothing_else() -> None:
    assert (await AsyncClient().head("/health")).status_code == 200
    assert (await AsyncClient().post("/health")).status_code == 405


@pytest.mark.sqlite
async def test_a_database_that_cannot_be_opened_is_named_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "NAME", "/nowhere/hubbub.sqlite3")
        expected = WELL | {"database": "unavailable (DatabaseUnavailable)"}
        assert await health() == (503, "unavailable", expected)
    assert await health() == (200, "degraded", WELL)


@pytest.mark.usefixtures("busy_database")
async def test_a_database_that_does_not_answer_is_named_in_time() -> None:
    async with asyncio.timeout(PATIENCE):
        assert await health() == (503, "unavailable", WELL | {"database": "no answer within 2 s"})


@pytest.fixture
def no_redis_to_announce_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point this process's announcements at a Redis that is not there."""
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere/redis.sock")
    announce.doorbell.cache_clear()
    yield
    announce.doorbell.cache_clear()


async def test_a_redis_that_is_not_there_is_named_without_its_address(no_redis_to_announce_to: None) -> None:
    status, words, parts = await health()
    assert (status, words, parts["redis"]) == (503, "unavailable", "unavailable (ConnectionError)")


@pytest.fixture
def lonely_server(prepared_var: Path) -> Iterator[tuple[Server, Path]]:
    """A server process that is started without a Redis, and the place where it looks for one."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        with stopped(start_server(var)) as server:
            yield server, var / "redis" / "redis.sock"


def test_a_server_is_well_when_redis_comes_and_not_when_it_goes(lonely_server: tuple[Server, Path]) -> None:
    server, address = lonely_server
    visitor = Visitor(server.url)

    def status_and_parts() -> tuple[int, dict[str, str]]:
        answer = visitor.get("/health")
        return answer.status, answer.json["parts"]

    away = "unavailable (ConnectionError)"
    cut = {"database": "ok", "redis": away, "dispatcher": "the channel layer is cut", "worker": away}
    assert status_and_parts() == (503, cut)
    with servers.running_redis(address):
        wait_until(lambda: status_and_parts() == (200, WELL), "a healthy server", seconds=PATIENCE)
    wait_until(lambda: status_and_parts() == (503, cut), "a server that misses its Redis", seconds=PATIENCE)
    assert "Traceback" not in server.output
