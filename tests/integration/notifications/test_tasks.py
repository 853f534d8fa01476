"""Notifying from a worker."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.errors import InvalidField, UnknownUser
from hub.models import TaskRecord
from notifications.models import Notification
from notifications.tasks import notify, notify_many
from tests.busy import busy_database_for_one_run

pytestmark = pytest.mark.django_db


def test_a_task_tells_a_user(ann: User) -> None:
    notification_id = notify("ann", title="Disk", body="full", kind="disk", url="/disks/1", key="k")
    notification = Notification.objects.get(pk=notification_id)
    assert (notification.user, notification.title, notification.body) == (ann, "Disk", "full")
    assert (notification.kind, notification.url, notification.key) == ("disk", "/disks/1", "k")


def test_a_task_that_runs_twice_tells_once(ann: User) -> None:
    results = [notify.apply(("ann",), {"title": "x"}, task_id="t1").get() for _ in range(2)]
    assert results[0] == results[1] == Notification.objects.get().pk


def test_two_tasks_tell_twice(ann: User) -> None:
    for task_id in ("t1", "t2"):
        notify.apply(("ann",), {"title": "x"}, task_id=task_id)
    assert Notification.objects.count() == 2


def test_a_plain_call_is_no_repeat(ann: User) -> None:
    assert notify("ann", title="x") != notify("ann", title="x")


def test_what_will_never_work_is_not_tried_again(ann: User) -> None:
    unknown = notify.apply(("nobody",), {"title": "x"})
    wrong = notify.apply(("ann",), {"title": ""})
    assert (unknown.state, wrong.state) == ("FAILURE", "FAILURE")
    assert isinstance(unknown.result, UnknownUser)
    assert str(unknown.result) == "there is no active user 'nobody'"
    assert isinstance(wrong.result, InvalidField)


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_tried_again_and_tells_once(ann: User) -> None:
    with busy_database_for_one_run() as runs:
        notify.apply(("ann",), {"title": "x"}, task_id="t1")
    assert runs == ["t1", "t1"]
    assert Notification.objects.get().key == "task:t1"


def test_a_task_tells_many_each_something_of_their_own(ann: User, bob: User) -> None:
    answer = notify_many([{"username": "ann", "title": "Order 1", "url": "/1"}, "bob"], title="An order", kind="order")
    assert answer == {"told": 2, "repeated": 0, "unknown": []}
    rows = Notification.objects.order_by("user").values_list("user", "kind", "title", "url")
    assert list(rows) == [(ann.pk, "order", "Order 1", "/1"), (bob.pk, "order", "An order", "")]


def test_a_task_names_those_it_could_not_tell_and_tells_the_others(ann: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    answer = notify_many(["nobody", "bob", "ann", "a\x00b", "\ud800"], title="x")
    assert answer == {"told": 1, "repeated": 0, "unknown": ["a\x00b", "bob", "nobody", "\ud800"]}
    assert Notification.objects.get().user == ann


def test_a_task_for_many_that_runs_twice_tells_once(ann: User, bob: User) -> None:
    # Ann is to be told two things.
    arguments = (["ann", "bob", "ann"],)
    answers = [notify_many.apply(arguments, {"title": "x"}, task_id="t1").get() for _ in range(2)]
    assert answers == [{"told": 3, "repeated": 0, "unknown": []}, {"told": 0, "repeated": 3, "unknown": []}]
    assert Notification.objects.count() == 3


@pytest.mark.parametrize(
    ("alerts", "field"),
    [
        (["ann"], "title"),
        ([{"username": "ann", "title": "x"}, {"username": "bob", "titel": "x"}], "titel"),
        ([{"title": "x"}], "username"),
        ([7], "username"),
        ([{"username": "ann", "title": "x", "body": 7}], "body"),
    ],
)
def test_a_task_for_many_that_makes_no_sense_tells_nobody(ann: User, bob: User, alerts: list[Any], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        notify_many(alerts)
    assert list(caught.value.fields) == [field]
    assert not Notification.objects.exists()


def test_a_task_for_ten_thousand_is_one_row(ann: User) -> None:
    alerts = [{"username": "ann", "title": f"Your order {number}", "body": "x" * 100} for number in range(10_000)]
    result = notify_many.delay(alerts)
    record = TaskRecord.objects.get()
    assert (record.pk, record.task) == (result.id, "notifications.tasks.notify_many")
    assert len(record.body) < 2_000_000


def test_the_tasks_go_by_their_public_names() -> None:
    assert notify.name == "notifications.tasks.notify"
    assert notify_many.name == "notifications.tasks.notify_many"
