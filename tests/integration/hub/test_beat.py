"""Celery's clock goes on when the time of day is set back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from celery.schedules import BaseSchedule, crontab, schedule

from hub.beat import Scheduler

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)


class Clock:
    """The time of day."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Recording(Scheduler):
    """A scheduler that sends nothing, and tells what it would have sent."""

    sent: list[str]

    def apply_entry(self, entry: object, producer: object = None) -> None:
        self.sent.append(entry.name)  # type: ignore[attr-defined]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which Celery's schedules go."""
    own = Clock()
    monkeypatch.setattr(BaseSchedule, "now", lambda _: own())
    return own


@pytest.fixture
def scheduler(tmp_path: Path, clock: Clock) -> Iterator[Recording]:
    """A scheduler with a task every minute, by the interval and by the time of day, that has just run both."""
    app = Celery(set_as_current=False, broker="memory://")
    app.conf.update(timezone="UTC", beat_schedule_filename=str(tmp_path / "schedule"))
    app.conf.beat_schedule = {
        "interval": {"task": "a", "schedule": schedule(timedelta(minutes=1))},
        "crontab": {"task": "b", "schedule": crontab(minute="*")},
    }
    made = Recording(app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    made.sent = []
    made.setup_schedule()
    for entry in made.schedule.values():
        entry.last_run_at = clock.now
    yield made
    made.close()


def run(scheduler: Recording) -> list[str]:
    """Have the scheduler do what is due now. Returns what it sent."""
    scheduler.sent.clear()
    for _ in range(10):
        scheduler.tick()
    return sorted(scheduler.sent)


def test_a_task_runs_when_its_time_has_come(scheduler: Recording, clock: Clock) -> None:
    assert run(scheduler) == []
    clock.now += timedelta(seconds=61)
    assert run(scheduler) == ["crontab", "interval"]
    assert run(scheduler) == []


def test_a_clock_that_is_set_back_holds_up_no_task(scheduler: Recording, clock: Clock) -> None:
    assert run(scheduler) == []
    clock.now -= HOUR
    assert run(scheduler) == []
    clock.now += timedelta(seconds=61)
    assert run(scheduler) == ["crontab", "interval"]


def test_a_clock_that_is_set_forward_runs_each_task_once(scheduler: Recording, clock: Clock) -> None:
    assert run(scheduler) == []
    clock.now += HOUR
    assert run(scheduler) == ["crontab", "interval"]
    assert run(scheduler) == []


def test_the_hub_uses_it() -> None:
    from hub.celery import app

    assert app.conf.beat_scheduler == "hub.beat:Scheduler"
