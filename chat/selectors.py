"""Reading the chat: rooms, roles, people, and pages of history with the position they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat import policies
from chat.errors import UnknownMessage, UnknownRoom, UnknownUser
from chat.events import stream_name
from chat.mentions import find_mentions
from chat.models import Membership, Message, Room
from hub.core.events import Position
from hub.log import bounds, position


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Part of a room's messages, and the stream's position that they belong to."""

    #: Events after it may be missing from the page; none up to it is.
    position: Position
    #: Oldest first.
    messages: list[Message]
    #: Id to pass as `before` for the page of older messages; None where there are none.
    older: int | None
    #: Id to pass as `after` for the page of newer messages; None where there are none.
    newer: int | None


def role_of(user: User, room: Room) -> policies.Role:
    """Return the user's role in the room, None for no member."""
    return Membership.objects.filter(room=room, user=user.pk).values_list("role", flat=True).first()


def rooms_readable(user: User) -> QuerySet[Room]:
    """Return the rooms that the user may read, by slug, each with `is_member`."""
    member = Exists(Membership.objects.filter(room=OuterRef("pk"), user=user.pk))
    rooms = Room.objects.annotate(is_member=member).order_by("slug")
    if not user.is_active:
        return rooms.none()
    return rooms.filter(Q(is_private=False) | Q(is_member=True))


def rooms_found(user: User, words: str) -> QuerySet[Room]:
    """Return those of the user's readable rooms whose slug, title or topic contains `words`."""
    if not _comparable(words):
        return Room.objects.none()
    fits = Q(slug__icontains=words) | Q(title__icontains=words) | Q(topic__icontains=words)
    return rooms_readable(user).filter(fits)


def room_for(user: User, slug: str) -> Room:
    """Return a room that the user may read, with `is_member`.

    Raises:
        UnknownRoom: there is none, or the user may not know of it.
    """
    room = rooms_readable(user).filter(slug=slug).first() if _comparable(slug) else None
    if room is None:
        raise UnknownRoom(slug)
    return room


def room_to_lock(room: Room | str) -> QuerySet[Room]:
    """Return the row of a room, or of the room with a slug, whoever may read it."""
    if isinstance(room, Room):
        return Room.objects.filter(pk=room.pk)
    return Room.objects.filter(slug=room) if _comparable(room) else Room.objects.none()


def readable_many(asked: Sequence[tuple[User, str]]) -> list[bool]:
    """Say of each user and slug whether `room_for` would find a room, with two queries for all."""
    slugs = {slug for _, slug in asked if _comparable(slug)}
    rooms = {room.slug: room for room in Room.objects.filter(slug__in=slugs).only("slug", "is_private")}
    private = [room.pk for room in rooms.values() if room.is_private]
    members: set[tuple[int, int]] = set()
    if private:
        users = {user.pk for user, slug in asked if slug in rooms and rooms[slug].is_private}
        rows = Membership.objects.filter(room__in=private, user__in=users)
        members.update(rows.values_list("room_id", "user_id"))
    return [
        user.is_active
        and (room := rooms.get(slug)) is not None
        and (not room.is_private or (room.pk, user.pk) in members)
        for user, slug in asked
    ]


def slug_was_used(slug: str) -> bool:
    """Return whether a room of that slug exists, or a deleted one left its events in the log.

    A new room under an old slug would show the old room's events to whoever reads its stream from the beginning.
    """
    stream = f"chat:{slug}"
    known = bounds([stream]).get(stream)
    return (known is not None and known.head > 0) or Room.objects.filter(slug=slug).exists()


def members(room: Room) -> QuerySet[Membership]:
    """Return the room's members in the order in which they joined."""
    return room.memberships.select_related("user__profile").order_by("id")


def user_named(username: str) -> User:
    """Return the active user of that name.

    Raises:
        UnknownUser: there is none.
    """
    user = User.objects.filter(username=username, is_active=True).first() if _comparable(username) else None
    if user is None:
        raise UnknownUser(username)
    return user


def member_named(room: Room, username: str) -> User:
    """Return the member of that name, active or not.

    Raises:
        UnknownUser: the room has none.
    """
    members = room.memberships.select_related("user").filter(user__username=username)
    membership = members.first() if _comparable(username) else None
    if membership is None:
        raise UnknownUser(username)
    return membership.user


def message_in(room: Room, message_id: int) -> Message:
    """Return a message of a room.

    Raises:
        UnknownMessage: the room has none of that id.
    """
    message = _messages(room).filter(pk=message_id).first()
    if message is None:
        raise UnknownMessage(message_id)
    return message


def history_page(room: Room, *, before: int | None = None, after: int | None = None, limit: int = 50) -> HistoryPage:
    """Return a page of a room's messages: the latest, or those next to a message.

    Arguments:
        before: id of a message; the page holds the nearest older ones.
        after: id of a message; the page holds the nearest newer ones. Not together with `before`.
        limit: how many messages at most.
    """
    # Before the rows, never after them: what happens in between is then in both, and applying it twice is harmless.
    at = position(stream_name(room))
    rows = _messages(room)
    if after is not None:
        page = list(rows.filter(pk__gt=after).order_by("id")[:limit])
    else:
        page = list((rows if before is None else rows.filter(pk__lt=before)).order_by("-id")[:limit])
        page.reverse()
    # An empty page lies at an end of the history: from there one can only turn round.
    first = page[0].pk if page else before if before is not None else (after or 0) + 1
    last = page[-1].pk if page else after if after is not None else (before or 1) - 1
    older = first if room.messages.filter(pk__lt=first).exists() else None
    newer = last if room.messages.filter(pk__gt=last).exists() else None
    return HistoryPage(at, page, older, newer)


def users_mentioned(message: Message) -> list[User]:
    """Return whom a message mentions: active users who may read the room, without the author, by id."""
    mentions = find_mentions(message.body)
    if not mentions:
        return []
    names = {name for readings in mentions for name in readings}
    known = {user.username: user for user in User.objects.filter(username__in=names, is_active=True)}
    found = {user for readings in mentions if (user := _first_known(readings, known)) is not None}
    roles = dict(Membership.objects.filter(room=message.room, user__in=found).values_list("user", "role"))
    readers = [user for user in found if policies.can_read(user, message.room, roles.get(user.pk))]
    return sorted((user for user in readers if user.pk != message.author_id), key=lambda user: user.pk)


def _first_known(readings: list[str], known: dict[str, User]) -> User | None:
    return next((known[name] for name in readings if name in known), None)


def _messages(room: Room) -> QuerySet[Message]:
    return Message.objects.filter(room=room).select_related("room", "author__profile")


def _comparable(text: str) -> bool:
    """Say whether the database can look for a text: PostgreSQL refuses to compare with a NUL, and stores none."""
    return "\x00" not in text
