"""Reading an inbox: pages with the position they belong to, and the unread count."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count
from django.db.models.expressions import RawSQL

from hub.core.events import Position
from hub.log import position
from notifications.events import stream_name
from notifications.models import Notification, Preference

T = TypeVar("T")

#: Users, or keys, that one statement names: Django's bound on values in a statement of SQLite is 999.
PAGE = 450


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


def unread_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """Return how many notifications users have not read, by user; those who have read all are absent."""
    rows = Notification.objects.filter(user__in=numbers(user_ids), read_at=None).order_by().values_list("user")
    return dict(rows.annotate(Count("pk")))


def newest_id(user_id: int) -> int | None:
    """Return the greatest id in a user's inbox, None where it is empty."""
    return Notification.objects.filter(user=user_id).order_by("-id").values_list("pk", flat=True).first()


def muted_kinds(user: User) -> list[str]:
    """Return the kinds of notification that are to raise no badge for the user."""
    kinds = Preference.objects.filter(user=user).values_list("muted_kinds", flat=True).first()
    return kinds if isinstance(kinds, list) else []


def first_with_keys(pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return the notifications that have certain keys: user's id and key -> the notification's id."""
    table = Notification._meta.db_table
    found: dict[tuple[int, str], int] = {}
    for page in pages(list(pairs)):
        # Pair by pair, rather than each of the users with each of the keys.
        sql = (
            f"WITH wanted(user_id, key) AS (VALUES {', '.join(['(%s, %s)'] * len(page))})"
            f" SELECT told.id, told.user_id, told.key FROM wanted JOIN {table} told"
            " ON told.user_id = wanted.user_id AND told.key = wanted.key"
        )
        rows = Notification.objects.raw(sql, [value for pair in page for value in pair])
        found |= {(row.user_id, str(row.key)): row.pk for row in rows}
    return found


def active_users(usernames: Iterable[str]) -> dict[str, int]:
    """Return the ids of active users by their names; names that no active user has are absent."""
    # Neither database can be asked for what it could not store.
    names = sorted(
        {name for name in usernames if "\x00" not in name and name == name.encode(errors="replace").decode()}
    )
    users = User.objects.filter(username__in=_texts(names), is_active=True)
    return dict(users.values_list("username", "pk"))


def numbers(ids: Iterable[int]) -> RawSQL:
    """Return hundreds of ids for an `__in`, as they are: each value of a statement costs Django and a driver much more.

    One that is none of the database's is in no row. There must be one at least.
    """
    return RawSQL(", ".join([str(int(one)) for one in ids]), ())


def _texts(texts: Sequence[str]) -> RawSQL:
    """Return thousands of texts for an `__in`, as one value."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::text[])", (list(texts),))
    return RawSQL("SELECT value FROM json_each(%s)", (json.dumps(texts),))


def pages(items: Sequence[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of at most `size`."""
    return (items[first : first + size] for first in range(0, len(items), size))


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
