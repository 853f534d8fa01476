"""The events of the chat: what each is called and the shape of its data. The one place that knows.

Timestamps are ISO 8601 in UTC with milliseconds and `Z`. `docs/reference/events.md` describes every event.
"""

from datetime import datetime

from django.contrib.auth.models import User

from chat.models import Membership, Message, Room
from hub.auth import display_name
from hub.core.events import timestamp
from hub.core.types import JSONObject
from hub.publish import Draft

#: Every event type of the streams `chat:<room slug>`, with the names that its data has.
EVENTS: dict[str, tuple[str, ...]] = {
    "message.created": ("id", "room", "author", "body", "created_at", "edited_at"),
    "message.updated": ("id", "room", "author", "body", "created_at", "edited_at"),
    "message.deleted": ("id",),
    "room.updated": ("slug", "title", "topic", "is_private", "is_closed", "created_at"),
    "room.deleted": ("slug",),
    "member.joined": ("user",),
    "member.left": ("user",),
    "typing": ("user",),
}

TYPING = "typing"


def stream_name(room: Room) -> str:
    """Return the name of a room's stream, e.g. `chat:lobby`."""
    return f"chat:{room.slug}"


def user_object(user: User) -> JSONObject:
    """Return a user as others see them."""
    return {"id": user.pk, "username": user.username, "display_name": display_name(user)}


def message_object(message: Message) -> JSONObject:
    """Return a message as readers of its room see it."""
    return {
        "id": message.pk,
        "room": message.room.slug,
        "author": user_object(message.author) if message.author else None,
        "body": message.body,
        "created_at": timestamp(message.created_at),
        "edited_at": _moment(message.edited_at),
    }


def room_object(room: Room) -> JSONObject:
    """Return a room as everybody sees it who may know of it."""
    return {
        "slug": room.slug,
        "title": room.title,
        "topic": room.topic,
        "is_private": room.is_private,
        "is_closed": room.is_closed,
        "created_at": timestamp(room.created_at),
    }


def message_created(message: Message) -> Draft:
    """Somebody said something."""
    return Draft("message.created", message_object(message))


def message_updated(message: Message) -> Draft:
    """A message was changed."""
    return Draft("message.updated", message_object(message))


def message_deleted(message: Message) -> Draft:
    """A message is gone."""
    return Draft("message.deleted", {"id": message.pk})


def room_updated(room: Room) -> Draft:
    """Title, topic or state of the room changed."""
    return Draft("room.updated", room_object(room))


def room_deleted(room: Room) -> Draft:
    """The room is gone, with all that was in it."""
    return Draft("room.deleted", {"slug": room.slug})


def member_joined(membership: Membership) -> Draft:
    """Somebody became a member."""
    return Draft("member.joined", {"user": user_object(membership.user)})


def member_left(membership: Membership) -> Draft:
    """Somebody is no longer a member."""
    return Draft("member.left", {"user": user_object(membership.user)})


def typing_data(user: User) -> JSONObject:
    """Return the data of the ephemeral event that somebody is typing."""
    return {"user": user_object(user)}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
