"""Notifying from a worker."""

import pytest
from django.contrib.auth.models import User

from chat.errors import InvalidField, UnknownUser
from notifications.models import Notification
from notifications.tasks import notify
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


def test_the_task_goes_by_its_public_name() -> None:
    assert notify.name == "notifications.tasks.notify"
