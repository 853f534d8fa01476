"""The sweep: what was lost is sent again, whatever lost it, and no more than the queue holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone
from kombu import Connection
from pytest_django import Settings

from hub.models import TaskRecord
from hub.tasks import durable, records, sweep, sweeping
from hub.tasks.sending import Broker
from tests.integration.hub.tasks.conftest import Worker, let_all_be_due, states, users
from tests.integration.hub.tasks.jobs import make_user


def test_a_task_whose_message_was_lost_is_sent_again_after_a_while(worker: Worker) -> None:
    make_user.delay("ann")
    worker.forget()
    assert sweep() == 0
    TaskRecord.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert sweep() == 1
    worker.work()
    assert (users(), states()) == (1, [])


def test_a_task_whose_worker_died_in_it_is_done_by_another(worker: Worker) -> None:
    make_user.delay("ann")
    worker.take()
    assert records.begin(TaskRecord.objects.get().pk) == 1
    let_all_be_due()
    assert sweep() == 1
    worker.work()
    assert (users(), states()) == (1, [])


def test_a_task_at_which_a_worker_still_is_stays_with_it(worker: Worker) -> None:
    task_id = make_user.delay("ann").id
    worker.forget()
    records.begin(task_id)
    let_all_be_due()
    records.hold([task_id])
    assert sweep() == 0


def test_a_task_that_ends_its_worker_each_time_is_moved_aside(worker: Worker) -> None:
    task_id = make_user.delay("ann").id
    for attempt in range(1, 6):
        assert records.begin(task_id) == attempt
        assert records.begin(task_id) is None, "nobody else begins it meanwhile"
        let_all_be_due()
        sweep()
    record = TaskRecord.objects.get()
    assert (record.state, record.error) == ("failed", records.DIED)
    assert records.begin(task_id) is None
    worker.work()
    assert users() == 0


def test_what_was_moved_aside_can_be_tried_anew(worker: Worker) -> None:
    task_id = make_user.delay("ann").id
    worker.forget()
    records.fail(task_id, records.begin(task_id) or 0, "no", for_good=True)
    assert records.move_back(TaskRecord.objects.all()) == 1
    assert states() == [("waiting", 0)]
    sweep()
    worker.work()
    assert (users(), states()) == (1, [])


def test_what_was_moved_aside_is_removed_after_its_time(worker: Worker) -> None:
    for days in (29, 31):
        task_id = make_user.delay("ann").id
        records.fail(task_id, records.begin(task_id) or 0, "no", for_good=True)
        TaskRecord.objects.filter(pk=task_id).update(due_at=timezone.now() - timedelta(days=days))
    sweep()
    assert TaskRecord.objects.get().due_at > timezone.now() - timedelta(days=30)


def test_a_task_that_nobody_knows_is_tried_later_and_moved_aside_in_the_end(worker: Worker) -> None:
    make_user.delay("ann")
    worker.forget()
    TaskRecord.objects.update(task="gone.with.the.last.version")
    for _ in range(6):
        let_all_be_due()
        assert sweep() == 0
    assert states() == [("failed", 5)]


def test_a_queue_that_is_long_gets_no_more(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "FULL_QUEUE", 4)
    for _ in range(6):
        make_user.delay("ann")
    let_all_be_due()
    assert (sweep(), worker.waiting) == (0, 6)
    for _ in range(3):
        worker.take()
    assert (sweep(), worker.waiting) == (1, 4)
    assert (sweep(), worker.waiting) == (0, 4)


def test_sweeps_at_the_same_moment_send_each_task_once(worker: Worker) -> None:
    for _ in range(30):
        make_user.delay("ann")
    worker.forget()
    let_all_be_due()
    start = Barrier(4)

    def one() -> int:
        start.wait(timeout=60)
        try:
            return sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        sent = [future.result() for future in [threads.submit(one) for _ in range(4)]]
    assert (sum(sent), worker.waiting) == (30, 30)


@pytest.mark.postgresql
def test_a_task_that_is_being_done_holds_up_no_sweep(worker: Worker) -> None:
    first, second = (make_user.delay("ann").id for _ in range(2))
    worker.forget()
    let_all_be_due()

    def look() -> int:
        try:
            return sweep()
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        assert records.finish(first)
        assert threads.submit(look).result(timeout=5) == 1
    assert [second] == list(TaskRecord.objects.values_list("pk", flat=True))


def test_without_a_broker_a_task_is_recorded_and_sent_when_there_is_one(
    worker: Worker, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Broker(Connection("redis+socket:///nowhere/redis.sock"), pause=60)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "broker", lambda: away)
        patch.setattr(sweeping, "broker", lambda: away)
        for _ in range(3):
            make_user.delay("ann")
        let_all_be_due()
        assert sweep() == 0
    told = [record.getMessage() for record in caplog.records if record.name == "hub.tasks.sending"]
    assert len(told) == 1, "said once, and not for each task"
    assert told[0].startswith("tasks wait in the database, the broker fails: Error 2 connecting to")
    let_all_be_due()
    assert sweep() == 3
    worker.work()
    assert users() == 3


def test_the_clock_asks_for_a_sweep_as_often_as_one_is_expected(settings: Settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["hub-sweep-tasks"]
    assert entry["schedule"] == sweeping.INTERVAL
    assert entry["options"]["expires"] == sweeping.EXPIRES
