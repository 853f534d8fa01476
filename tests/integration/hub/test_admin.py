"""Durable tasks in the admin site."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.models import TaskRecord


@pytest.fixture
def admin(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def record(task_id: str, state: str, error: str = "") -> TaskRecord:
    fields = {"task": "a.task", "body": '[["ann"], {}]', "queue": "default", "attempts": 5, "error": error}
    return TaskRecord.objects.create(id=task_id, state=state, due_at=timezone.now(), **fields)


def test_a_failed_task_is_shown_with_the_last_line_of_its_error(admin: Client) -> None:
    record("t1", "failed", "Traceback (most recent call last):\n  somewhere\nValueError: no such luck\n")
    page = admin.get(reverse("admin:hub_taskrecord_changelist")).content.decode()
    assert "ValueError: no such luck" in page
    assert "Traceback" not in page
    whole = admin.get(reverse("admin:hub_taskrecord_change", args=["t1"])).content.decode()
    assert "somewhere" in whole


def test_failed_tasks_are_tried_again_and_others_left(admin: Client) -> None:
    for state in ("failed", "running"):
        record(state, state)
    chosen = {"action": "try_again", "_selected_action": ["failed", "running"]}
    page = admin.post(reverse("admin:hub_taskrecord_changelist"), chosen, follow=True).content.decode()
    assert "Tasks tried again: 1." in page
    found = dict(TaskRecord.objects.values_list("id", "state"))
    assert found == {"failed": "waiting", "running": "running"}
    assert TaskRecord.objects.get(pk="failed").attempts == 0


def test_no_task_can_be_made_there(admin: Client) -> None:
    assert admin.get(reverse("admin:hub_taskrecord_add")).status_code == 403
