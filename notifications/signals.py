"""From rows to events: a change of a row of this table publishes an event, whoever makes it (`TABLE`).

No rule lives here. `bulk_create`, `bulk_update` and `update()` send no signal: a service that uses one publishes by
itself. Fixtures (`raw=True`) publish nothing, nor does an inbox that is deleted with its user.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save

from chat.models import Message
from chat.signals import mentioned
from hub.publish import Draft, publish_many
from notifications import events, selectors, services
from notifications.models import Inbox, Notification, Preference

#: (model, change) -> the event. Its second argument counts what is unread.
TABLE: dict[tuple[type[Model], str], Callable[[Any, Callable[[], int]], Draft]] = {
    (Notification, "created"): events.created,
    (Notification, "read"): events.read,
    (Notification, "updated"): events.updated,
    (Notification, "deleted"): events.deleted,
}


def connect() -> None:
    """Begin to listen. Called once, when Django is ready."""
    post_save.connect(row_saved, sender=Notification, dispatch_uid="notifications.row_saved")
    post_delete.connect(row_deleted, sender=Notification, dispatch_uid="notifications.row_deleted")
    post_save.connect(user_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid="notifications.user_saved")
    mentioned.connect(users_mentioned, sender=Message, dispatch_uid="notifications.users_mentioned")


def row_saved(
    sender: type[Model], instance: Notification, created: bool, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Publish that a notification is there, was read, or is another than before."""
    if raw:
        return
    only_read = set(update_fields or ()) == {"read_at"} and instance.read_at is not None
    _publish(sender, "created" if created else "read" if only_read else "updated", instance)


def row_deleted(sender: type[Model], instance: Notification, origin: Any = None, **kwargs: Any) -> None:
    """Publish that a notification is gone."""
    with_user = isinstance(origin, User) or (isinstance(origin, QuerySet) and origin.model is User)
    if not with_user:
        _publish(sender, "deleted", instance)


def user_saved(sender: type[User], instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    """Give a new user preferences and an inbox."""
    if created and not raw:
        Preference.objects.get_or_create(user=instance)
        Inbox.objects.get_or_create(user=instance)


def users_mentioned(sender: type[Message], message: Message, users: list[User], **kwargs: Any) -> None:
    """Tell those whom a message mentions."""
    services.mentions_tell(message, users)


def _publish(model: type[Model], change: str, row: Notification) -> None:
    event = TABLE[model, change]
    draft = event(row, partial(selectors.unread_count, row.user_id))
    publish_many(events.stream_name(row.user_id), [draft])
