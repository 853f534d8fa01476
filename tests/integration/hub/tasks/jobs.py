"""Durable tasks for the tests: what they do is make users."""

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from django.contrib.auth.models import User

from hub.core.errors import BadRequest, TooManyRequests
from hub.tasks import DurableTask

#: What runs besides, in the middle of a task.
meanwhile: list[Callable[[], object]] = []


def _make(name: str) -> str:
    user = User.objects.create_user(f"{name}-{User.objects.count()}")
    for call in meanwhile:
        call()
    return user.username


@shared_task(base=DurableTask, throws=(BadRequest, TooManyRequests))
def make_user(name: str) -> str:
    """Make a user; a name that is taken gets a number."""
    return _make(name)


@shared_task(base=DurableTask, atomic=False)
def make_user_outside(name: str) -> str:
    """Do the same without a transaction around it."""
    return _make(name)


@shared_task(base=DurableTask, bind=True, autoretry_for=(KeyError,), max_retries=50)
def make_user_again(self: Task[Any, Any], name: str) -> str:
    """Do the same, but leave it to Celery to try again."""
    return _make(name)
