"""Writing to an inbox: check, do; the rows' signals tell the devices (`notifications.signals`).

Each service is one transaction. It takes the row of the inbox first, and the stream's after it.
"""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.events import user_object
from chat.inputs import check_form, check_key, check_text
from chat.models import Message
from hub.core.types import JSONObject
from hub.publish import publish_many
from notifications import events, policies, selectors
from notifications.errors import UnknownNotification
from notifications.links import check_link
from notifications.models import KIND, MAX_BODY, MAX_TITLE, Inbox, Notification

#: How much of a message its mention quotes, in characters.
MAX_MENTION = 200


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


def _notification_with(user: User, key: str | None) -> Notification | None:
    return None if key is None else Notification.objects.filter(user=user, key=key).first()


def _check_kind(kind: str) -> str:
    return check_form("kind", check_text("kind", kind, maximum=40), KIND)
