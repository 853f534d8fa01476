"""What workers and clock say of a broker that fails, and of sweeps: little."""

import logging
from unittest.mock import Mock

import pytest
from celery.signals import worker_process_init
from redis import ConnectionError as RedisConnectionError

from hub.celery import SWEEP, app, work_beside


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def raised(error: Exception) -> Exception:
    """Return an error that has been raised, with its traceback."""
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize("name", ["celery.beat", "celery.worker", "celery.worker.request"])
def test_a_broker_that_fails_takes_one_line(said: pytest.LogCaptureFixture, name: str) -> None:
    error = raised(RedisConnectionError("Connection refused."))
    logging.getLogger(name).error("Message Error: %s\n%s", error, ["a stack"], exc_info=error)
    (record,) = said.records
    assert (record.getMessage(), record.exc_info) == ("Message Error: Connection refused.", None)


def test_any_other_error_keeps_its_traceback(said: pytest.LogCaptureFixture) -> None:
    logging.getLogger("celery.worker").critical("Unrecoverable error", exc_info=raised(ValueError("a bug")))
    assert said.records[0].exc_info


def test_a_sweep_is_not_news_unless_it_fails(said: pytest.LogCaptureFixture) -> None:
    logging.getLogger("celery.beat").info("Scheduler: Sending due task %s (%s)", "hub-sweep-tasks", SWEEP)
    logging.getLogger("celery.app.trace").info("Task %(name)s[%(id)s] succeeded", {"name": SWEEP, "id": "1"})
    assert said.records == []
    logging.getLogger("celery.app.trace").error("Task %(name)s[%(id)s] failed", {"name": SWEEP, "id": "1"})
    logging.getLogger("celery.app.trace").info("Task %(name)s[%(id)s] succeeded", {"name": "other", "id": "1"})
    assert len(said.records) == 2


def test_the_clock_asks_for_the_sweep() -> None:
    entry = app.conf.beat_schedule["hub-sweep-tasks"]
    assert entry["task"] == SWEEP
    assert SWEEP in app.tasks


def test_a_process_of_the_prefork_pool_settles_its_garbage_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[bool] = []
    monkeypatch.setattr("hub.celery.settle", lambda: settled.append(True))
    worker_process_init.send(sender=None)
    assert settled == [True]


def test_a_worker_that_is_ready_settles_its_garbage_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[bool] = []
    monkeypatch.setattr("hub.celery.settle", lambda: settled.append(True))
    monkeypatch.setattr("hub.tasks.sweeping.sweep_soon", lambda: None)
    work_beside(Mock())
    assert settled == [True]
