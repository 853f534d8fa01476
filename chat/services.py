"""Writing to the chat: check, do; the rows' signals tell the readers (`chat.signals`).

Each service is one transaction, and checks the user's rights itself, whoever calls it. A room that the user may not
know of raises `UnknownRoom`, as one that does not exist.
"""

import time

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import events, policies, selectors
from chat.errors import InvalidField, UnknownMessage, UnknownRoom
from chat.inputs import check_form, check_key, check_text
from chat.models import MAX_BODY, SLUG, Membership, Message, Room
from chat.typing_gate import TypingGate
from hub.conf import conf
from hub.core.errors import PermissionDenied
from hub.publish import publish_ephemeral

_typing = TypingGate()

#: Rows held in memory at a time while many are changed.
_CHUNK = 500


def message_post(user: User, room: Room | str, body: str, *, key: str | None = None) -> tuple[Message, bool]:
    """Post a message; in a public room, posting joins.

    Arguments:
        user: the author.
        room: the room, or its slug.
        body: plain text, 1 to 4,000 characters without the white space around.
        key: idempotency key of the author's choice, unique for author and room: repeating it posts nothing (P7).
    Returns:
        The message, and whether it is new; for a repeated key, the first message.
    Raises:
        InvalidField: body or key is wrong.
        UnknownRoom, RoomClosed
    """
    body = check_text("body", body, maximum=MAX_BODY)
    key = check_key(key)
    with transaction.atomic():
        room, role = _room_locked(user, room)
        if (first := _message_with(user, room, key)) is not None:
            return first, False
        policies.check_open(room)
        if role is None:
            _join(user, room, Membership.Role.MEMBER)
        if key is None:
            return Message.objects.create(room=room, author=user, body=body), True
        try:
            with transaction.atomic():
                return Message.objects.create(room=room, author=user, body=body, key=key), True
        except IntegrityError:
            # A plain save, which takes no lock on the room, used the key a moment ago.
            first = _message_with(user, room, key)
            if first is None:
                raise
            return first, False


def message_edit(user: User, room: Room, message_id: int, body: str) -> Message:
    """Change the body of a message of one's own.

    Raises:
        InvalidField: the body is wrong.
        UnknownRoom, UnknownMessage, RoomClosed
        PermissionDenied: it is somebody else's.
    """
    body = check_text("body", body, maximum=MAX_BODY)
    with transaction.atomic():
        room, role = _room_locked(user, room)
        message = _message_locked(room, message_id)
        if not policies.can_edit(user, message, role):
            raise PermissionDenied("only its author may change a message")
        policies.check_open(room)
        if message.body != body:
            message.body, message.edited_at = body, timezone.now()
            message.save(update_fields=["body", "edited_at"])
        return message


def message_delete(user: User, room: Room, message_id: int) -> None:
    """Delete a message of one's own, or any in a room that one owns.

    Raises:
        UnknownRoom, UnknownMessage, RoomClosed
        PermissionDenied: it is somebody else's, and so is the room.
    """
    with transaction.atomic():
        room, role = _room_locked(user, room)
        message = _message_locked(room, message_id)
        if not policies.can_delete(user, message, role):
            raise PermissionDenied("only its author and the room's owners may delete a message")
        policies.check_open(room)
        message.delete()


def room_create(user: User, *, slug: str, title: str, topic: str = "", is_private: bool = False) -> Room:
    """Make a room, and the user its owner.

    Arguments:
        slug: 1 to 64 lower-case letters a-z, digits, `-` and `_`; never used before, not even by a deleted room.
        title: 1 to 100 characters.
        topic: up to 250 characters.
    Raises:
        InvalidField: one of them is wrong, or the slug is taken.
        PermissionDenied: the user is not active.
    """
    if not user.is_active:
        raise PermissionDenied
    slug = check_form("slug", check_text("slug", slug, maximum=64), SLUG)
    title, topic = _check_title(title), _check_topic(topic)
    with transaction.atomic():
        if selectors.slug_was_used(slug):
            raise InvalidField("slug", f"{slug!r} is taken, or was once")
        try:
            with transaction.atomic():
                room = Room.objects.create(slug=slug, title=title, topic=topic, is_private=is_private)
        except IntegrityError as error:
            raise InvalidField("slug", f"{slug!r} is taken, or was once") from error
        _join(user, room, Membership.Role.OWNER)
        return room


def room_update(
    user: User, room: Room, *, title: str | None = None, topic: str | None = None, is_closed: bool | None = None
) -> Room:
    """Change a room that one owns; what is None stays.

    Raises:
        InvalidField: the title or the topic is wrong.
        UnknownRoom
        PermissionDenied: the user is no owner.
    """
    wanted = {
        "title": None if title is None else _check_title(title),
        "topic": None if topic is None else _check_topic(topic),
        "is_closed": is_closed,
    }
    with transaction.atomic():
        room = _room_managed(user, room)
        changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(room, name)}
        for name, value in changed.items():
            setattr(room, name, value)
        if changed:
            room.save(update_fields=list(changed))
        return room


def room_join(user: User, room: Room) -> Membership:
    """Become a member of a public room; a member stays one.

    Raises:
        UnknownRoom
    """
    with transaction.atomic():
        room, _ = _room_locked(user, room)
        return _join(user, room, Membership.Role.MEMBER)


def room_leave(user: User, room: Room) -> None:
    """Be no member any more; whoever is none stays none.

    The last owner may leave too: such a room is looked after in the admin site.

    Raises:
        UnknownRoom
    """
    with transaction.atomic():
        room, _ = _room_locked(user, room)
        _leave(user, room)


def member_add(user: User, room: Room, member: User) -> Membership:
    """Make somebody a member of a room that one owns; a member stays one.

    Raises:
        UnknownRoom
        PermissionDenied: the user is no owner.
    """
    with transaction.atomic():
        room = _room_managed(user, room)
        return _join(member, room, Membership.Role.MEMBER)


def member_remove(user: User, room: Room, member: User) -> None:
    """Take somebody's membership of a room that one owns; whoever is no member stays none.

    Raises:
        UnknownRoom
        PermissionDenied: the user is no owner.
    """
    with transaction.atomic():
        room = _room_managed(user, room)
        _leave(member, room)


def typing_announce(user: User, room: Room) -> bool:
    """Tell those who read the room that the user is typing: once in 2 seconds at most, and nothing is kept.

    Returns:
        Whether it went out.
    Raises:
        UnknownRoom, RoomClosed
    """
    if not policies.can_post(user, room, selectors.role_of(user, room)):
        raise UnknownRoom(room.slug)
    policies.check_open(room)
    if conf.LIMITS and not _typing.passes(user.pk, room.pk, time.monotonic()):
        return False
    publish_ephemeral(events.stream_name(room), events.TYPING, events.typing_data(user))
    return True


def author_forget(user: User) -> None:
    """Take a user's name off all their messages, so that readers are told before the user is deleted.

    The database would do it by itself, silently.
    """
    with transaction.atomic():
        mine = Message.objects.filter(author=user)
        rooms = Room.objects.select_for_update(no_key=True).filter(pk__in=mine.values("room")).order_by("id")
        for room in list(rooms):
            # Ids first: rows must not change under a query that still reads them.
            ids = list(mine.filter(room=room).order_by("id").values_list("pk", flat=True))
            for start in range(0, len(ids), _CHUNK):
                for message in Message.objects.filter(pk__in=ids[start : start + _CHUNK]):
                    message.room, message.author = room, None
                    message.save(update_fields=["author"])


def _room_locked(user: User, room: Room | str) -> tuple[Room, policies.Role]:
    """Read the room anew, by its slug where that is given, and hold it to the end of the transaction.

    Nobody closes a room in the middle of a post then, and ids of messages are given out in commit order. Every
    writer takes the room first and its stream after it. The role is read after the lock is had: it may have changed
    while this waited.
    """
    slug = room if isinstance(room, str) else room.slug
    fresh = selectors.room_to_lock(room).select_for_update(no_key=True).first()
    if fresh is None:
        raise UnknownRoom(slug)
    role = selectors.role_of(user, fresh)
    if not policies.can_read(user, fresh, role):
        raise UnknownRoom(slug)
    return fresh, role


def _room_managed(user: User, room: Room) -> Room:
    room, role = _room_locked(user, room)
    if not policies.can_manage(user, room, role):
        raise PermissionDenied("only the room's owners may do this")
    return room


def _message_locked(room: Room, message_id: int) -> Message:
    message = Message.objects.select_for_update().filter(room=room, pk=message_id).first()
    if message is None:
        raise UnknownMessage(message_id)
    message.room = room
    return message


def _message_with(user: User, room: Room, key: str | None) -> Message | None:
    return None if key is None else Message.objects.filter(room=room, author=user, key=key).first()


def _join(user: User, room: Room, role: Membership.Role) -> Membership:
    return Membership.objects.get_or_create(room=room, user=user, defaults={"role": role})[0]


def _leave(user: User, room: Room) -> None:
    # One by one: a queryset's delete() would send the signals too, but of rows without their room and user.
    for membership in Membership.objects.filter(room=room, user=user).select_related("room", "user__profile"):
        membership.delete()


def _check_title(title: str) -> str:
    return check_text("title", title, maximum=100)


def _check_topic(topic: str) -> str:
    return check_text("topic", topic, minimum=0, maximum=250)
