"""Writing to an inbox: check, do; the rows' signals tell the devices (`notifications.signals`).

Each service is one transaction. It takes the row of the inbox first, and the stream's after it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.events import user_object
from chat.inputs import check_form, check_key, check_text
from chat.models import Message
from hub.core.types import JSONObject
from hub.publish import Draft, publish_many, publish_to_many
from notifications import events, policies, selectors
from notifications.errors import UnknownNotification
from notifications.inserting import insert
from notifications.links import check_link
from notifications.models import KIND, MAX_BODY, MAX_TITLE, Inbox, Notification

#: How much of a message its mention quotes, in characters.
MAX_MENTION = 200
#: Alerts of one transaction of `notify_many`: for so long others wait who write to one of their inboxes, and on SQLite
#: everybody who writes. It is some hundredths of a second.
CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one user is to be told; the fields are those of `notify`."""

    user_id: int
    kind: str = "alert"
    title: str
    body: str = ""
    url: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an alert."""

    notification_id: int
    #: False where its key was used before: then this is the first notification with it.
    created: bool


def notify(
    user: User, *, kind: str = "alert", title: str, body: str = "", url: str = "", key: str | None = None
) -> Notification:
    """Tell a user something.

    It is part of the caller's transaction, where there is one: nothing is told of what is rolled back.

    A kind that the user has muted is kept, but comes in as read: it raises no badge, and can still be looked up.

    Arguments:
        user: whom to tell.
        kind: what sort it is, 1 to 40 of `a-z 0-9 _ . -`, a letter first.
        title: 1 to 200 characters.
        body: plain text, up to 4,000 characters.
        url: where it leads: a path of this site, or an http(s) address.
        key: idempotency key of the sender's choice, unique for the user: repeating it tells nothing new (P7).
    Returns:
        The notification; for a repeated key, the first one.
    Raises:
        InvalidField: one of them is wrong.
    """
    return notify_once(user, kind=kind, title=title, body=body, url=url, key=key)[0]


def notify_once(
    user: User, *, kind: str = "alert", title: str, body: str = "", url: str = "", key: str | None = None
) -> tuple[Notification, bool]:
    """Do what `notify` does; returns the notification and whether it is new."""
    title = check_text("title", title, maximum=MAX_TITLE)
    body = check_text("body", body, minimum=0, maximum=MAX_BODY)
    kind, url, key = _check_kind(kind), check_link(url), check_key(key)
    with transaction.atomic():
        _lock(user)
        if (first := _notification_with(user, key)) is not None:
            return first, False
        now = timezone.now()
        read_at = now if policies.is_muted(kind, selectors.muted_kinds(user)) else None
        try:
            with transaction.atomic():
                notification = Notification.objects.create(
                    user=user, kind=kind, title=title, body=body, url=url, key=key, created_at=now, read_at=read_at
                )
                return notification, True
        except IntegrityError:
            # A plain save, which takes no lock on the inbox, used the key a moment ago.
            first = _notification_with(user, key)
            if first is None:
                raise
            return first, False


def notify_many(alerts: Iterable[Alert]) -> list[Told | None]:
    """Tell many users something, each something of their own, in few statements.

    At most 500 alerts are one transaction, and each of these is told at once, together or not at all. Where an error
    breaks it off, what was told before stays; repeated with the same keys, it goes on there. Inside a transaction of
    the caller's all of it is part of that one, and holds the locks of all these inboxes until its end.

    Arguments:
        alerts: whom to tell what. One user may be among them several times.
    Returns:
        What became of each alert, in order; None where there is no such user.
    Raises:
        InvalidField: one of them is wrong; then nobody is told anything.
    """
    checked = [_check_alert(alert) for alert in alerts]
    return [told for chunk in selectors.pages(checked, CHUNK) for told in _tell_chunk(chunk)]


def _check_alert(alert: Alert) -> Alert:
    return Alert(
        user_id=alert.user_id,
        kind=_check_kind(alert.kind),
        title=check_text("title", alert.title, maximum=MAX_TITLE),
        body=check_text("body", alert.body, minimum=0, maximum=MAX_BODY),
        url=check_link(alert.url),
        key=check_key(alert.key),
    )


@transaction.atomic
def _tell_chunk(alerts: Sequence[Alert]) -> list[Told | None]:
    muted = _lock_all({alert.user_id for alert in alerts})
    now = timezone.now()
    rows = [_row(alert, now, muted[alert.user_id]) if alert.user_id in muted else None for alert in alerts]
    there = [row for row in rows if row is not None]
    if new := insert(there):
        publish_to_many(_drafts(new))
    told: dict[int, Told] = {id(row): Told(row.pk, True) for row in new}
    repeated = [row for row in there if id(row) not in told]
    first = selectors.first_with_keys((row.user_id, row.key or "") for row in repeated)
    told |= {id(row): Told(first[row.user_id, row.key or ""], False) for row in repeated}
    return [None if row is None else told[id(row)] for row in rows]


def _row(alert: Alert, now: datetime, muted: list[str]) -> Notification:
    return Notification(
        user_id=alert.user_id,
        kind=alert.kind,
        title=alert.title,
        body=alert.body,
        url=alert.url,
        key=alert.key,
        created_at=now,
        read_at=now if policies.is_muted(alert.kind, muted) else None,
    )


def _drafts(rows: Sequence[Notification]) -> dict[str, list[Draft]]:
    """Return the events of new rows by stream: no signal is sent for them, so this service publishes by itself."""
    unread = _unread_after(rows)
    batch: dict[str, list[Draft]] = {}
    for row in rows:
        batch.setdefault(events.stream_name(row.user_id), []).append(events.created(row, partial(unread, row)))
    return batch


def _unread_after(rows: Sequence[Notification]) -> Callable[[Notification], int]:
    """Return what says how much was unread after each of some new rows came in.

    It is counted once for all, when it is first asked for: the streams are all locked then.
    """
    later: dict[int, int] = {}
    below: Counter[int] = Counter()
    for row in reversed(rows):
        later[row.pk] = below[row.user_id]
        below[row.user_id] += row.read_at is None

    @cache
    def totals() -> dict[int, int]:
        return selectors.unread_counts({row.user_id for row in rows})

    return lambda row: totals().get(row.user_id, 0) - later[row.pk]


def notification_read(user: User, notification_id: int) -> JSONObject:
    """Mark a notification of the user as read; one that is read already stays as it is.

    Returns:
        `{"id", "read_at", "unread"}`.
    Raises:
        UnknownNotification: the user has none of that id.
    """
    with transaction.atomic():
        _lock(user)
        notification = Notification.objects.select_for_update().filter(user=user, pk=notification_id).first()
        if notification is None:
            raise UnknownNotification(notification_id)
        if notification.read_at is None:
            notification.read_at = timezone.now()
            notification.save(update_fields=["read_at"])
        return events.read_object(notification.pk, notification.read_at, selectors.unread_count(user.pk))


def notification_read_all(user: User) -> JSONObject:
    """Mark everything in the user's inbox as read.

    One UPDATE and one event, however much it is; nothing is published where nothing was unread.

    Returns:
        `{"through", "read_at", "unread"}`: `through` is the greatest id in the inbox, None where it is empty.
    """
    with transaction.atomic():
        _lock(user)
        read_at = timezone.now()
        through = selectors.newest_id(user.pk)
        unread = Notification.objects.filter(user=user, read_at=None, pk__lte=through or 0)
        if unread.update(read_at=read_at):
            # update() sends no signal, so this service publishes by itself.
            draft = events.read_all(through, read_at, lambda: selectors.unread_count(user.pk))
            publish_many(events.stream_name(user.pk), [draft])
        return events.read_all_object(through, read_at, selectors.unread_count(user.pk))


def mentions_tell(message: Message, users: list[User]) -> None:
    """Tell users that a message mentions them: once for each message, however often it is edited.

    Arguments:
        message: the message; its author needs no telling.
        users: who may read it, in one order everywhere, since each one's inbox is locked in turn.
    """
    author = user_object(message.author)["display_name"] if message.author else "Somebody"
    room = message.room
    for user in users:
        notify(
            user,
            kind="mention",
            title=f"{author} mentioned you in {room.title}"[:MAX_TITLE],
            body=message.body[:MAX_MENTION],
            url=f"/?room={room.slug}",
            key=f"mention:{message.pk}",
        )


def _lock(user: User) -> None:
    inbox = Inbox.objects.select_for_update(no_key=True).filter(user=user)
    if inbox.first() is None:
        # Users who came by a fixture, or before this application was installed, have no inbox yet.
        Inbox.objects.get_or_create(user=user)
        inbox.get()


def _lock_all(user_ids: set[int]) -> dict[int, list[str]]:
    """Lock inboxes, in the order of their users' ids. Returns, for each user that exists, the kinds they have muted."""
    users = User.objects.filter(pk__in=selectors.numbers(user_ids)).order_by("pk")
    found: list[Any] = list(users.values_list("pk", "inbox", "preference__muted_kinds"))
    # Before the first is locked: what is created is locked by that, out of the order.
    new = [Inbox(user_id=user_id) for user_id, inbox, _ in found if inbox is None]
    Inbox.objects.bulk_create(new, ignore_conflicts=True)
    muted = {user_id: kinds if isinstance(kinds, list) else [] for user_id, _, kinds in found}
    inboxes = Inbox.objects.select_for_update(no_key=True).filter(user__in=selectors.numbers(user_ids))
    locked = set(inboxes.order_by("user_id").values_list("user_id", flat=True))
    # Somebody may have been deleted meanwhile.
    return {user_id: kinds for user_id, kinds in muted.items() if user_id in locked}


def _notification_with(user: User, key: str | None) -> Notification | None:
    return None if key is None else Notification.objects.filter(user=user, key=key).first()


def _check_kind(kind: str) -> str:
    return _check_form_of_kind(check_text("kind", kind, maximum=40))


@lru_cache
def _check_form_of_kind(kind: str) -> str:
    # There are few, and thousands of alerts of each.
    return check_form("kind", kind, KIND)
