"""From rows to events: a change of a row of this table publishes an event, whoever makes it (`TABLE`).

A row that gave somebody the right to read, and does so no more, has their connections looked at anew.

No rule lives here. `bulk_create`, `bulk_update` and `update()` send no signal: a service that uses one publishes by
itself. Fixtures (`raw=True`) publish nothing. What a room's deletion takes along is told by `room.deleted` alone.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import Signal

from chat import events, selectors, services
from chat.models import Membership, Message, Profile, Room
from hub.publish import Draft, publish_many
from hub.rights import rights_changed

#: (model, change) -> the event. A change that is not here is nobody's business yet.
TABLE: dict[tuple[type[Model], str], Callable[[Any], Draft]] = {
    (Message, "created"): events.message_created,
    (Message, "updated"): events.message_updated,
    (Message, "deleted"): events.message_deleted,
    (Room, "updated"): events.room_updated,
    (Room, "deleted"): events.room_deleted,
    (Membership, "created"): events.member_joined,
    (Membership, "deleted"): events.member_left,
}

#: A message that mentions people was saved. Sent inside its transaction, so that what receivers write is kept if and
#: only if the message is. Arguments: `message` (Message), `users` (list[User], by id: those mentioned who may read
#: the room, without the author). It comes again when the message is edited.
mentioned = Signal()


def connect() -> None:
    """Begin to listen. Called once, when Django is ready."""
    for model in {model for model, _ in TABLE}:
        post_save.connect(row_saved, sender=model, dispatch_uid=f"chat.row_saved.{model.__name__}")
        post_delete.connect(row_deleted, sender=model, dispatch_uid=f"chat.row_deleted.{model.__name__}")
    post_save.connect(room_saved, sender=Room, dispatch_uid="chat.room_saved")
    post_delete.connect(room_deleted, sender=Room, dispatch_uid="chat.room_deleted")
    post_delete.connect(member_deleted, sender=Membership, dispatch_uid="chat.member_deleted")
    post_save.connect(message_saved, sender=Message, dispatch_uid="chat.message_saved")
    post_save.connect(user_saved, sender=settings.AUTH_USER_MODEL, dispatch_uid="chat.user_saved")
    pre_delete.connect(user_leaves, sender=settings.AUTH_USER_MODEL, dispatch_uid="chat.user_leaves")


def row_saved(sender: type[Model], instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    """Publish that a row is there, or another than before."""
    if not raw:
        _publish(sender, "created" if created else "updated", instance)


def row_deleted(sender: type[Model], instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Publish that a row is gone."""
    if sender is Room or not _comes_from(origin, Room):
        _publish(sender, "deleted", instance)


def room_saved(sender: type[Room], instance: Room, created: bool, raw: bool, **kwargs: Any) -> None:
    """Have the live connections of a room looked at anew that may have become private."""
    if instance.is_private and not created and not raw:
        rights_changed(stream=events.stream_name(instance))


def room_deleted(sender: type[Room], instance: Room, **kwargs: Any) -> None:
    """Have the live connections of a room looked at anew that is gone."""
    rights_changed(stream=events.stream_name(instance))


def member_deleted(sender: type[Membership], instance: Membership, **kwargs: Any) -> None:
    """Have the live connections of somebody who is no member any more looked at anew."""
    rights_changed(user_id=instance.user_id, stream=events.stream_name(instance.room))


def message_saved(
    sender: type[Message], instance: Message, created: bool, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Tell other applications whom a new or changed text mentions."""
    if raw or not (created or update_fields is None or "body" in update_fields):
        return
    if users := selectors.users_mentioned(instance):
        mentioned.send(sender=Message, message=instance, users=users)


def user_saved(sender: type[User], instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    """Give a new user a profile."""
    if created and not raw:
        Profile.objects.get_or_create(user=instance)


def user_leaves(sender: type[User], instance: User, **kwargs: Any) -> None:
    """Take the name of a user who is deleted off their messages."""
    services.author_forget(instance)


def _publish(model: type[Model], change: str, row: Any) -> None:
    event = TABLE.get((model, change))
    if event is not None:
        room = row if isinstance(row, Room) else row.room
        publish_many(events.stream_name(room), [event(row)])


def _comes_from(origin: Any, model: type[Model]) -> bool:
    """Return whether a deletion began at rows of that model."""
    return isinstance(origin, model) or (isinstance(origin, QuerySet) and origin.model is model)
