"""The Celery task class whose tasks are rows until they are done."""

import logging
import sys
import traceback
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from celery import Task
from celery.exceptions import Ignore
from celery.result import AsyncResult
from celery.utils import uuid
from django.db import Error as AnyDatabaseError
from django.db import OperationalError, transaction
from django.utils import timezone
from kombu.utils import json

from hub.core.errors import HubError
from hub.models import TaskRecord
from hub.tasks import records
from hub.tasks.sending import RETRY_ONCE, BrokerFailed, broker

logger = logging.getLogger(__name__)

#: Header of a message that stands for a row. One without it, sent by its name alone, is an ordinary Celery task.
RECORDED = "hubbub_recorded"
#: Options of `apply_async` that a row keeps.
KEPT = frozenset({"priority", "shadow", "soft_time_limit", "time_limit"})
#: Options that say how to send, which is not the caller's business here.
DROPPED = frozenset({"connection", "ignore_result", "producer", "retry", "retry_policy"})

#: Options of a task whose message may also be sent by its name alone, and then stands for no row.
LATE_AND_AGAIN: dict[str, Any] = {
    "acks_late": True,
    # A database that is busy or restarting is worth another try; what a `HubError` says is not.
    "autoretry_for": (OperationalError,),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "max_retries": 8,
    # Not tried again, and logged in one line: what was wrong was the caller's request, not the task's code.
    "throws": (HubError,),
}


class DurableTask(Task[Any, Any]):
    """A task that is neither lost nor done twice: `@shared_task(base=DurableTask)`.

    `delay` and `apply_async` write a row, in the caller's transaction where there is one, and the message to the
    worker follows the commit. The row goes with the task's effect, in one transaction. Until then it is sent again
    after whatever has stopped it; an attempt that fails is followed by another, and after `HUBBUB_TASK_ATTEMPTS` the
    task is moved aside, for a person to look at.
    """

    abstract = True
    #: Whether a run is one transaction, which it should be where all its effect is in the database: that makes it
    #: happen exactly once. Else it happens at least once: the run may end, and the worker die before the row is gone.
    atomic = True

    def apply_async(  # type: ignore[override]  # the options that follow are taken by name
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        task_id: str | None = None,
        **options: Any,
    ) -> AsyncResult[Any]:
        """Record the task, and send it after the commit.

        Arguments:
            args, kwargs: of the task; what Celery's JSON can carry.
            task_id: its id. While a task of this id is not done, a second one changes nothing.
            options: `countdown` (seconds), `eta`, `queue`, and those in `KEPT`.
        Returns:
            A result that knows the id.
        Raises:
            TypeError: arguments that the task does not take, or an option that no row can keep.
        """
        # `retries`: Celery's own repeat of a message that stands for no row.
        if self.app.conf.task_always_eager or "retries" in options:
            return super().apply_async(args, kwargs, task_id=task_id, **options)
        args, kwargs, task_id = tuple(args or ()), dict(kwargs or {}), task_id or uuid()
        self._check(*args, **kwargs)
        due_at = _due_at(options.pop("countdown", None), options.pop("eta", None))
        queue = self._queue(options.pop("queue", None))
        kept = {name: value for name, value in options.items() if value is not None and name not in DROPPED}
        if unknown := kept.keys() - KEPT:
            raise TypeError(f"expected options that a durable task can keep, got {', '.join(sorted(unknown))}")
        with transaction.atomic():
            record = records.add(task_id, self.name, json.dumps([args, kwargs]), queue, kept, due_at)
            if due_at is None:
                # Robust: the task is committed, whatever goes wrong here must not look as if it were not.
                transaction.on_commit(lambda: self.send(record), robust=True)
        return self.AsyncResult(task_id)

    def send(self, record: TaskRecord) -> bool:
        """Send the message of a row.

        Returns:
            Whether the broker took it; never raises for a broker that fails, and waits for 1.5 seconds at most.
        """
        args, kwargs = json.loads(record.body)
        how: dict[str, Any] = {
            "task_id": record.pk,
            "queue": record.queue,
            "headers": {RECORDED: True},
            # A message that may be dropped would be sent again for ever.
            "expires": None,
            "retry": True,
            "retry_policy": RETRY_ONCE,
            **record.options,
        }
        try:
            with broker().producer() as producer:
                super().apply_async(tuple(args), kwargs, producer=producer, **how)
        except BrokerFailed:
            # It was logged; the sweep sends it.
            return False
        return True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task: as an attempt at its row, where the message stands for one. Arguments are the task's own."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        if not self._is_recorded():
            return self.run(*args, **kwargs)
        task_id = str(self.request.id)
        try:
            attempt = records.begin(task_id)
        except AnyDatabaseError as error:
            logger.warning("%s[%s] could not be begun, it is sent again: %s", self.name, task_id, _line(error))
            raise Ignore from None
        if attempt is None:
            raise Ignore
        try:
            return self._run_once(task_id, *args, **kwargs)
        except Ignore:
            raise
        except Exception as error:
            self._fail(task_id, attempt, error)
            raise Ignore from None

    def _run_once(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic() if self.atomic else nullcontext():
            # First, for the lock: another worker that believed this one dead waits here, and then finds no row.
            if self.atomic and not records.finish(task_id):
                raise Ignore
            result = self.run(*args, **kwargs)
        if not self.atomic:
            records.finish(task_id)
        return result

    def _fail(self, task_id: str, attempt: int, error: Exception) -> None:
        for_good = isinstance(error, tuple(self.throws)) and not getattr(error, "temporary", False)
        text = "".join(traceback.format_exception(error))
        try:
            pause = records.fail(task_id, attempt, text, for_good=for_good)
        except AnyDatabaseError:
            # Then its lease ends, and the sweep finds it.
            logger.warning("%s[%s] failed in attempt %d: %s", self.name, task_id, attempt, _line(error))
            return
        what = "it is moved aside" if pause is None else f"the next one follows in {pause:g} s"
        logger.warning("%s[%s] failed in attempt %d, %s: %s", self.name, task_id, attempt, what, _line(error))

    def retry(  # type: ignore[override]  # the options that follow are taken by name
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        exc: Exception | None = None,
        **options: Any,
    ) -> Any:
        """Give an attempt up: as Celery's `retry`, but the row decides when the next one follows, and whether.

        Raises:
            the error `exc`, or the one that is being handled; of a message without a row, what Celery's raises.
        """
        if not self._is_recorded():
            return super().retry(args, kwargs, exc, **options)
        raise exc or sys.exception() or RuntimeError("the task asked to be tried again")

    def _is_recorded(self) -> bool:
        return not self.request.called_directly and bool(self.request.get(RECORDED))

    def _check(self, *args: Any, **kwargs: Any) -> None:
        """Refuse arguments that the task does not take, as Celery does when it sends."""
        if self.typing and (check := getattr(self, "__header__", None)):
            check(*args, **kwargs)

    def _queue(self, wished: str | None) -> str:
        router = self.app.amqp.router
        wished = wished or getattr(self, "queue", None)
        return str(router.route({"queue": wished} if wished else {}, self.name)["queue"].name)


def _due_at(countdown: float | None, eta: datetime | None) -> datetime | None:
    if countdown:
        return timezone.now() + timedelta(seconds=countdown)
    if eta is not None and timezone.is_naive(eta):
        raise TypeError(f"expected an eta with a time zone, got {eta!r}")
    return eta if eta is not None and eta > timezone.now() else None


def _line(error: BaseException) -> str:
    """Return an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
