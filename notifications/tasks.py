"""Notifying from a Celery worker."""

from typing import Any

from celery import Task, shared_task
from django.db import OperationalError

from chat.selectors import user_named
from hub.core.errors import HubError
from hub.tasks import DurableTask
from notifications import services


@shared_task(
    base=DurableTask,
    bind=True,
    acks_late=True,
    # For a message that stands for no row, sent by the task's name: a database that is busy or restarting is worth
    # another try; an unknown user is not.
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_backoff_max=60,
    max_retries=8,
    # Not tried again, and logged in one line: what was wrong was the caller's request, not this code.
    throws=(HubError,),
)
def notify(
    self: Task[Any, Any],
    username: str,
    *,
    title: str,
    body: str = "",
    kind: str = "alert",
    url: str = "",
    key: str | None = None,
) -> int:
    """Tell a user something, from a worker; see `notifications.services.notify`.

    `delay` is part of the caller's transaction, and from its commit on the user is told, once, whatever breaks. Where
    no key is given, the task's own id is the key.

    Arguments:
        username: an active user.
        title, body, kind, url, key: as for the service.
    Returns:
        The notification's id.
    Raises:
        UnknownUser, InvalidField
    """
    user = user_named(username)
    # Called as a plain function there is no id.
    key = key or (f"task:{self.request.id}" if self.request.id else None)
    return services.notify(user, kind=kind, title=title, body=body, url=url, key=key).pk
