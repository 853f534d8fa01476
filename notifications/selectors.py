"""Reading an inbox: pages with the position they belong to, and the unread count."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from hub.core.events import Position
from hub.log import position
from notifications.events import stream_name
from notifications.models import Notification, Preference


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Part of an inbox, and the stream's position that it belongs to."""

    #: Events after it may be missing from the page; none up to it is.
    position: Position
    #: Unread notifications in the whole inbox.
    unread: int
    #: Newest first.
    notifications: list[Notification]
    #: Id to pass as `before` for the page of older ones; None where there are none.
    older: int | None


def unread_count(user_id: int) -> int:
    """Return how many notifications a user has not read."""
    return Notification.objects.filter(user=user_id, read_at=None).count()


def newest_id(user_id: int) -> int | None:
    """Return the greatest id in a user's inbox, None where it is empty."""
    return Notification.objects.filter(user=user_id).order_by("-id").values_list("pk", flat=True).first()


def muted_kinds(user: User) -> list[str]:
    """Return the kinds of notification that are to raise no badge for the user."""
    kinds = Preference.objects.filter(user=user).values_list("muted_kinds", flat=True).first()
    return kinds if isinstance(kinds, list) else []


def inbox_page(user: User, *, before: int | None = None, limit: int = 50, unread_only: bool = False) -> InboxPage:
    """Return a page of a user's inbox, newest first.

    Arguments:
        before: id of a notification; the page holds older ones. None for the newest.
        limit: how many notifications at most.
        unread_only: leave out those that are read.
    """
    # Before the rows, never after them: what happens in between is then in both, and applying it twice is harmless.
    at = position(stream_name(user.pk))
    rows = Notification.objects.filter(user=user).order_by("-id")
    if unread_only:
        rows = rows.filter(read_at=None)
    # One more than asked for tells whether there are older ones.
    found = list((rows if before is None else rows.filter(pk__lt=before))[: limit + 1])
    older = found[limit - 1].pk if len(found) > limit else None
    return InboxPage(at, unread_count(user.pk), found[:limit], older)
