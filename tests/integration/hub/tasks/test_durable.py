"""Durable tasks: recorded with the caller's transaction, done once, tried again, moved aside."""

import logging
from datetime import date, timedelta
from typing import Any

import pytest
from celery import chain
from celery.result import AsyncResult
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from hub.core.errors import BadRequest, TooManyRequests
from hub.models import TaskRecord
from hub.tasks import sweep
from tests.integration.hub.tasks import jobs
from tests.integration.hub.tasks.conftest import Worker, let_all_be_due, states, users
from tests.integration.hub.tasks.jobs import make_user, make_user_again, make_user_outside


def fail(error: Exception) -> None:
    """Have each run of a task fail, after it has made its user."""

    def throw() -> None:
        raise error

    jobs.meanwhile[:] = [throw]


def test_a_task_is_done_and_its_row_goes(worker: Worker) -> None:
    result = make_user.delay("ann")
    assert isinstance(result, AsyncResult)
    assert TaskRecord.objects.get().pk == result.id
    assert worker.do(worker.take()) == "ann-0"
    assert (users(), states()) == (1, [])


def test_a_task_is_sent_after_the_commit_and_not_before(worker: Worker) -> None:
    with transaction.atomic():
        make_user.delay("ann")
        assert worker.waiting == 0
    assert worker.waiting == 1


def test_a_task_of_a_transaction_that_is_rolled_back_never_was(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_user.delay("ann")
        raise ZeroDivisionError
    assert (worker.waiting, states()) == (0, [])


def test_a_message_that_comes_twice_has_one_effect(worker: Worker) -> None:
    make_user.delay("ann")
    message = worker.take()
    for _ in range(3):
        worker.do(message)
    assert users() == 1


def test_a_message_that_comes_while_the_task_is_done_is_dropped(worker: Worker) -> None:
    make_user_outside.delay("ann")
    message = worker.take()
    jobs.meanwhile.append(lambda: worker.do(message))
    worker.do(message)
    assert (users(), states()) == (1, [])


def test_a_worker_that_was_believed_dead_adds_nothing_to_what_another_has_done(worker: Worker) -> None:
    make_user.delay("ann")
    message = worker.take()
    # It has begun, and hangs: its lease ends, and the task is sent again.
    TaskRecord.objects.update(state="running", attempts=1, due_at=timezone.now())
    assert sweep() == 1
    worker.work()
    assert (users(), states()) == (1, [])
    worker.do(message)
    assert users() == 1


def test_an_effect_goes_with_an_attempt_that_fails_and_the_error_is_kept(worker: Worker) -> None:
    make_user.delay("ann")
    fail(ValueError("no such luck"))
    worker.do(worker.take())
    assert (users(), states()) == (0, [("waiting", 1)])
    record = TaskRecord.objects.get()
    assert record.error.startswith("Traceback")
    assert record.error.endswith("ValueError: no such luck\n")


def test_attempts_follow_each_other_after_longer_and_longer_pauses(worker: Worker) -> None:
    make_user.delay("ann")
    fail(ValueError("no"))
    pauses = []
    for _ in range(4):
        before = timezone.now()
        worker.do(worker.take())
        pauses.append((TaskRecord.objects.get().due_at - before).total_seconds())
        let_all_be_due()
        sweep()
    assert [expected <= pause < expected + 5 for expected, pause in zip((5, 10, 20, 40), pauses, strict=True)]
    assert pauses == sorted(pauses)
    jobs.meanwhile.clear()
    worker.work()
    assert (users(), states()) == (1, [])


def test_a_task_that_fails_each_time_is_moved_aside_in_one_line_and_others_go_on(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    make_user.delay("ann")
    fail(ValueError("never"))
    for _ in range(7):
        worker.work()
        let_all_be_due()
        sweep()
    assert states() == [("failed", 5)]
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 5
    assert "failed in attempt 5, it is moved aside: ValueError: never" in told[-1].getMessage()
    assert not any(record.exc_info for record in told)
    jobs.meanwhile.clear()
    make_user.delay("bob")
    worker.work()
    assert users() == 1


def test_what_a_task_declares_as_its_callers_mistake_is_not_tried_again(worker: Worker) -> None:
    make_user.delay("ann")
    fail(BadRequest("nobody of that name"))
    worker.do(worker.take())
    assert states() == [("failed", 1)]


def test_a_declared_error_that_passes_is_tried_again(worker: Worker) -> None:
    make_user.delay("ann")
    fail(TooManyRequests())
    worker.do(worker.take())
    assert states() == [("waiting", 1)]


def test_celerys_own_retry_leaves_the_next_attempt_to_the_row(worker: Worker) -> None:
    make_user_again.delay("ann")
    fail(KeyError("later"))
    worker.do(worker.take())
    assert (worker.waiting, states()) == (0, [("waiting", 1)])
    assert "KeyError: 'later'" in TaskRecord.objects.get().error


def test_a_message_without_a_row_is_an_ordinary_task(worker: Worker) -> None:
    make_user.app.send_task(make_user.name, ("ann",))
    message = worker.take()
    worker.do(message)
    worker.do(message)
    assert users() == 2


def test_a_task_for_later_waits_in_its_row_until_the_sweep_after_its_time(worker: Worker) -> None:
    before = timezone.now()
    make_user.apply_async(("ann",), countdown=86_400)
    assert timedelta(0) <= TaskRecord.objects.get().due_at - before - timedelta(days=1) < timedelta(minutes=1)
    assert (worker.waiting, sweep()) == (0, 0)
    let_all_be_due()
    assert sweep() == 1
    worker.work()
    assert users() == 1


def test_an_id_is_recorded_once(worker: Worker) -> None:
    for _ in range(2):
        make_user.apply_async(("ann",), task_id="remind:7")
    assert TaskRecord.objects.get().pk == "remind:7"
    worker.work()
    assert (users(), states()) == (1, [])


def test_arguments_come_back_as_they_went(worker: Worker) -> None:
    seen: list[Any] = []
    jobs.meanwhile.append(lambda: seen.append(make_user_outside.request.args))
    make_user_outside.delay(name := date(2026, 1, 31))
    let_all_be_due()
    worker.forget()
    sweep()
    worker.work()
    assert seen == [[name]]


@pytest.mark.parametrize("args", [(), ("ann", "bob")])
def test_arguments_that_the_task_does_not_take_are_refused_at_once(worker: Worker, args: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="argument"):
        make_user.delay(*args)
    assert states() == []


@pytest.mark.parametrize(
    "options", [{"expires": 60}, {"link": make_user.s("bob")}, {"eta": timezone.now().replace(tzinfo=None)}]
)
def test_an_option_that_no_row_can_keep_is_refused(worker: Worker, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="expected"):
        make_user.apply_async(("ann",), **options)
    assert states() == []


def test_a_chain_is_refused(worker: Worker) -> None:
    with pytest.raises(TypeError, match="chain"):
        chain(make_user.si("ann"), make_user.si("bob")).delay()


def test_a_task_may_be_run_where_it_is_called(worker: Worker, settings: Settings) -> None:
    assert make_user("ann") == "ann-0"
    assert make_user.apply(("bob",)).get() == "bob-1"
    assert states() == []
    assert list(User.objects.order_by("id").values_list("username", flat=True)) == ["ann-0", "bob-1"]
