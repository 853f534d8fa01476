"""Writing to the chat from a Celery worker."""

from typing import Any

from celery import Task, shared_task
from django.db import OperationalError

from chat import selectors, services
from hub.core.errors import HubError
from hub.tasks import DurableTask


@shared_task(
    base=DurableTask,
    bind=True,
    acks_late=True,
    # For a message that stands for no row, sent by the task's name: a database that is busy or restarting is worth
    # another try; an unknown user or a closed room is not.
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_backoff_max=60,
    max_retries=8,
    # Not tried again, and logged in one line: what was wrong was the caller's request, not this code.
    throws=(HubError,),
)
def post_message(self: Task[Any, Any], username: str, room_slug: str, body: str, key: str | None = None) -> int:
    """Post a message in the name of a user.

    `delay` is part of the caller's transaction, and from its commit on the message is posted, once, whatever breaks.
    Where no key is given, the task's own id is the key.

    Arguments:
        username: an active user who may write into the room.
        room_slug: the room.
        body: plain text, 1 to 4,000 characters.
        key: idempotency key.
    Returns:
        The message's id.
    Raises:
        UnknownUser, UnknownRoom, RoomClosed, InvalidField
    """
    user = selectors.user_named(username)
    room = selectors.room_for(user, room_slug)
    message, _ = services.message_post(user, room, body, key=key or _own_key(self))
    return message.pk


def _own_key(task: Task[Any, Any]) -> str | None:
    # Called as a plain function there is no id.
    return f"task:{task.request.id}" if task.request.id else None
