"""The rows of durable tasks, and how they go from one state to the next.

    waiting -> running -> gone: it is done
       ^          |
       +----------+-> failed: moved aside

Each step says which state it expects: of two that try, one finds nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from hub.conf import conf
from hub.core.backoff import backoff
from hub.models import TaskRecord

State = TaskRecord.State

#: The longest pause before another attempt, in seconds.
LONGEST_PAUSE = 300.0
#: How much of an error is kept, in characters: its end, where Python says what it was.
MAX_ERROR = 4_000
#: What is said of a task that was begun as often as may be, and never came back.
DIED = "the worker ended, or was not heard of any more, each time"


def add(task_id: str, task: str, body: str, queue: str, options: dict[str, Any], due_at: datetime | None) -> TaskRecord:
    """Record a task, inside the caller's transaction; an id that is recorded already changes nothing.

    Arguments:
        due_at: not before then; None for now.
    Returns:
        The row.
    """
    if due_at is None:
        due_at = _later(conf.TASK_RESEND)
    record = TaskRecord(id=task_id, task=task, body=body, queue=queue, options=options, due_at=due_at)
    TaskRecord.objects.bulk_create([record], ignore_conflicts=True)
    return record


def begin(task_id: str) -> int | None:
    """Take a waiting task for this worker.

    Returns:
        Which attempt it is, from 1. None where it is not to be done: it is done already, somebody is at it, or it is
        moved aside.
    """
    waiting = TaskRecord.objects.filter(pk=task_id, state=State.WAITING)
    with transaction.atomic():
        attempts = models.F("attempts") + 1
        if waiting.update(state=State.RUNNING, attempts=attempts, due_at=_later(conf.TASK_LEASE)):
            return TaskRecord.objects.values_list("attempts", flat=True).get(pk=task_id)
    return None


def finish(task_id: str) -> bool:
    """Remove a task that is done, in the transaction of its effect. Returns whether it was there still."""
    return bool(TaskRecord.objects.filter(pk=task_id).exclude(state=State.FAILED).delete()[0])


def fail(task_id: str, attempt: int, error: str, *, for_good: bool) -> float | None:
    """Note that an attempt has failed.

    Arguments:
        attempt: which one.
        for_good: whether no other attempt would do better.
    Returns:
        The seconds until the next attempt; None where the task is moved aside.
    """
    running = TaskRecord.objects.filter(pk=task_id, state=State.RUNNING, attempts=attempt)
    if for_good or attempt >= conf.TASK_ATTEMPTS:
        running.update(state=State.FAILED, due_at=timezone.now(), error=error[-MAX_ERROR:])
        return None
    pause = backoff(attempt, base=conf.TASK_BACKOFF, limit=LONGEST_PAUSE, chance=1.0)
    running.update(state=State.WAITING, due_at=_later(pause), error=error[-MAX_ERROR:])
    return pause


def hold(task_ids: Iterable[str]) -> None:
    """Say that this worker is still at these tasks."""
    running = TaskRecord.objects.filter(pk__in=list(task_ids), state=State.RUNNING)
    with transaction.atomic():
        keys = list(_unlocked(running).values_list("pk", flat=True))
        TaskRecord.objects.filter(pk__in=keys).update(due_at=_later(conf.TASK_LEASE))


def due_queues() -> list[str]:
    """Return the queues for which tasks are due."""
    return list(_due().order_by("queue").values_list("queue", flat=True).distinct())


def claim(queue: str, limit: int) -> list[TaskRecord]:
    """Take due tasks for sending them again, those that have been due for longest first.

    Arguments:
        queue: where they belong.
        limit: how many at most.
    Returns:
        Those that nobody else has taken.
    """
    with transaction.atomic():
        found = list(_unlocked(_due().filter(queue=queue).order_by("due_at"))[:limit])
        taken = TaskRecord.objects.filter(pk__in=[record.pk for record in found])
        taken.update(state=State.WAITING, due_at=_later(conf.TASK_RESEND))
    return found


def move_aside() -> list[TaskRecord]:
    """Move aside what was begun as often as may be and whose workers all went silent. Returns it."""
    dead = _due().filter(attempts__gte=conf.TASK_ATTEMPTS)
    if not dead.exists():
        return []
    with transaction.atomic():
        found = list(_unlocked(dead))
        moved = TaskRecord.objects.filter(pk__in=[record.pk for record in found])
        moved.update(state=State.FAILED, error=DIED, due_at=timezone.now())
    return found


def move_back(aside: models.QuerySet[TaskRecord]) -> int:
    """Have tasks that were moved aside be tried anew. Returns how many."""
    return aside.filter(state=State.FAILED).update(state=State.WAITING, attempts=0, due_at=timezone.now())


def forget_old() -> int:
    """Remove what was moved aside longer ago than `HUBBUB_TASK_KEEP`. Returns how many."""
    old = TaskRecord.objects.filter(state=State.FAILED, due_at__lt=_later(-conf.TASK_KEEP))
    return old.delete()[0] if old.exists() else 0


def _due() -> models.QuerySet[TaskRecord]:
    return TaskRecord.objects.filter(state__in=[State.WAITING, State.RUNNING], due_at__lte=timezone.now())


def _unlocked(rows: models.QuerySet[TaskRecord]) -> models.QuerySet[TaskRecord]:
    """Leave out rows that a transaction has locked: it is a run of the task, or another sweep.

    (SQLite has one lock for all, which the transaction around this holds.)
    """
    return rows.select_for_update(skip_locked=True)


def _later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
