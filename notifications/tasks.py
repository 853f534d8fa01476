"""Notifying from a Celery worker."""

import logging
from collections.abc import Sequence
from typing import Any

from celery import Task, shared_task

from chat.errors import InvalidField
from chat.inputs import check_names
from chat.selectors import user_named
from hub.core.types import JSONObject
from hub.tasks import LATE_AND_AGAIN, DurableTask
from notifications import selectors, services
from notifications.services import Alert

logger = logging.getLogger(__name__)


@shared_task(
    base=DurableTask,
    bind=True,
    **LATE_AND_AGAIN,
)
def notify(
    self: Task[Any, Any],
    username: str,
    *,
    title: str,
    body: str = "",
    kind: str = "alert",
    url: str = "",
    key: str | None = None,
) -> int:
    """Tell a user something, from a worker; see `notifications.services.notify`.

    `delay` is part of the caller's transaction, and from its commit on the user is told, once, whatever breaks. Where
    no key is given, the task's own id is the key.

    Arguments:
        username: an active user.
        title, body, kind, url, key: as for the service.
    Returns:
        The notification's id.
    Raises:
        UnknownUser, InvalidField
    """
    user = user_named(username)
    # Called as a plain function there is no id.
    key = key or (f"task:{self.request.id}" if self.request.id else None)
    return services.notify(user, kind=kind, title=title, body=body, url=url, key=key).pk


@shared_task(
    base=DurableTask,
    bind=True,
    # Each chunk is a transaction of its own: one around all of it would keep everybody else from writing for seconds.
    # An attempt that follows a broken one does no more than what is left, by the keys.
    atomic=False,
    **LATE_AND_AGAIN,
)
def notify_many(
    self: Task[Any, Any],
    alerts: Sequence[str | dict[str, str | None]],
    *,
    title: str | None = None,
    body: str = "",
    kind: str = "alert",
    url: str = "",
    key: str | None = None,
) -> JSONObject:
    """Tell many users something, from a worker; see `notifications.services.notify_many`.

    `delay` is part of the caller's transaction, and from its commit on each user is told, once, whatever breaks: where
    no key is given, the task's own id and the alert's place are the key.

    Arguments:
        alerts: usernames, or for each alert `{"username", …}` with what is different from the fields that follow, e.g.
            `{"username": "ann", "title": "Your order is on its way"}`.
        title, body, kind, url, key: as for the service, of all alerts that do not say otherwise.
    Returns:
        `{"told", "repeated", "unknown"}`: how many were told, and how many had been by the same key; and the names
        that no active user has.
    Raises:
        InvalidField: one of the alerts is wrong; then nobody is told anything.
    """
    common = {"title": title, "body": body, "kind": kind, "url": url, "key": key}
    fields = [common | _fields(alert) for alert in alerts]
    users = selectors.active_users(str(alert["username"]) for alert in fields)
    unknown = sorted({str(alert["username"]) for alert in fields}.difference(users))
    outcomes = services.notify_many(
        _alert(users[username], alert, f"task:{self.request.id}:{place}" if self.request.id else None)
        for place, alert in enumerate(fields)
        if (username := str(alert["username"])) in users
    )
    if unknown:
        logger.warning("%s told nobody by the name of %s", self.name, ", ".join(map(repr, unknown[:10])))
    created = [outcome.created for outcome in outcomes if outcome is not None]
    return {"told": sum(created), "repeated": len(created) - sum(created), "unknown": unknown}


def _fields(alert: Any) -> dict[str, Any]:
    if isinstance(alert, str):
        return {"username": alert}
    if not isinstance(alert, dict) or not isinstance(alert.get("username"), str):
        raise InvalidField("username", f"expected a username, or an alert with one, got {alert!r:.80}")
    check_names(alert, "username", "title", "body", "kind", "url", "key")
    return alert


def _alert(user_id: int, fields: dict[str, Any], key: str | None) -> Alert:
    return Alert(
        user_id=user_id,
        title=fields["title"],
        body=fields["body"],
        kind=fields["kind"],
        url=fields["url"],
        key=key if fields["key"] is None else fields["key"],
    )
