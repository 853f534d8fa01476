"""The events of an inbox: what each is called and the shape of its data. The one place that knows.

Timestamps are ISO 8601 in UTC with milliseconds and `Z`. `docs/reference/events.md` describes every event.
`unread` is counted while the stream is locked, so the counts come in commit order on every device.
"""

from collections.abc import Callable
from datetime import datetime

from hub.core.events import timestamp
from hub.core.types import JSONObject
from hub.publish import Draft
from notifications.models import Notification

#: Every event type of the streams `inbox#<user id>`, with the names that its data has.
EVENTS: dict[str, tuple[str, ...]] = {
    "notification.created": ("notification", "unread"),
    "notification.updated": ("notification", "unread"),
    "notification.read": ("id", "read_at", "unread"),
    "notification.read_all": ("through", "read_at", "unread"),
    "notification.deleted": ("id", "unread"),
}


def stream_name(user_id: int) -> str:
    """Return the name of a user's stream, e.g. `inbox#7`."""
    return f"inbox#{user_id}"


def notification_object(notification: Notification) -> JSONObject:
    """Return a notification as its user sees it."""
    return {
        "id": notification.pk,
        "kind": notification.kind,
        "title": notification.title,
        "body": notification.body,
        "url": notification.url,
        "created_at": timestamp(notification.created_at),
        "read_at": None if notification.read_at is None else timestamp(notification.read_at),
    }


def read_object(notification_id: int, read_at: datetime, unread: int) -> JSONObject:
    """Return that a notification is read, as event and as answer."""
    return {"id": notification_id, "read_at": timestamp(read_at), "unread": unread}


def read_all_object(through: int | None, read_at: datetime, unread: int) -> JSONObject:
    """Return that everything up to an id is read, as event and as answer."""
    return {"through": through, "read_at": timestamp(read_at), "unread": unread}


def created(notification: Notification, unread: Callable[[], int]) -> Draft:
    """Something came in; with `read_at` set where its kind is muted."""
    shown = notification_object(notification)
    return Draft("notification.created", lambda: {"notification": shown, "unread": unread()})


def updated(notification: Notification, unread: Callable[[], int]) -> Draft:
    """A notification was changed otherwise than by reading it."""
    shown = notification_object(notification)
    return Draft("notification.updated", lambda: {"notification": shown, "unread": unread()})


def read(notification: Notification, unread: Callable[[], int]) -> Draft:
    """A notification was read, on one of its user's devices."""
    notification_id, read_at = notification.pk, notification.read_at
    assert read_at is not None, "an unread notification was not read"
    return Draft("notification.read", lambda: read_object(notification_id, read_at, unread()))


def read_all(through: int | None, read_at: datetime, unread: Callable[[], int]) -> Draft:
    """Everything up to an id was read, on one of its user's devices."""
    return Draft("notification.read_all", lambda: read_all_object(through, read_at, unread()))


def deleted(notification: Notification, unread: Callable[[], int]) -> Draft:
    """A notification is gone."""
    notification_id = notification.pk
    return Draft("notification.deleted", lambda: {"id": notification_id, "unread": unread()})
