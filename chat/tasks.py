"""Writing to the chat from a Celery worker."""

from typing import Any

from celery import Task, shared_task

from chat import selectors, services
from hub.tasks import LATE_AND_AGAIN, DurableTask


@shared_task(
    base=DurableTask,
    bind=True,
    **LATE_AND_AGAIN,
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
