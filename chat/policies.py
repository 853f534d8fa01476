"""Who may do what in the chat: pure functions of a user, a room and the user's role in it.

Whether a room is closed is its state and nobody's right: `check_open` says it.
"""

from django.contrib.auth.models import User

from chat.errors import RoomClosed
from chat.models import Membership, Message, Room

#: A user's role in a room; None for somebody who is no member.
Role = str | None


def can_read(user: User, room: Room, role: Role) -> bool:
    """Return whether the user may know of the room and read it: private rooms are for their members."""
    return user.is_active and (role is not None or not room.is_private)


def can_post(user: User, room: Room, role: Role) -> bool:
    """Return whether the user may write into the room; in a public one, posting joins."""
    return can_read(user, room, role)


def can_manage(user: User, room: Room, role: Role) -> bool:
    """Return whether the user may change the room and its members."""
    return can_read(user, room, role) and role == Membership.Role.OWNER


def can_edit(user: User, message: Message, role: Role) -> bool:
    """Return whether the user may change the message: its author may, while the room is his to read."""
    return can_read(user, message.room, role) and message.author_id == user.pk


def can_delete(user: User, message: Message, role: Role) -> bool:
    """Return whether the user may delete the message: its author and the room's owners may."""
    return can_edit(user, message, role) or can_manage(user, message.room, role)


def check_open(room: Room) -> None:
    """Make sure that the room can be written to.

    Raises:
        RoomClosed: it is read-only.
    """
    if room.is_closed:
        raise RoomClosed
