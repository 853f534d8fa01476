"""How long events are kept: those beyond the size or the age that a namespace names are let go (`history_size`, …)."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.db import Error as AnyDatabaseError
from django.utils import timezone

from hub import log
from hub.core.errors import UnknownStream
from hub.log import Bounds
from hub.namespaces import BaseNamespace, namespaces

logger = logging.getLogger(__name__)

#: Seconds between two rounds. One that no worker takes in this time is dropped: another one follows.
INTERVAL = 60.0
#: Streams looked at by one query.
PAGE = 500


def trim_streams(now: datetime | None = None) -> int:
    """Let go of all events that their namespaces do not keep any longer.

    Whoever stands below what is left is told that events are missing, as after any loss (P3). Two rounds at once do
    what one does.

    Arguments:
        now: the time of day by which events are too old.
    Returns:
        How many events there were to let go of.
    """
    if not any(_is_limited(namespace) for namespace in namespaces):
        return 0
    now = now or timezone.now()
    gone = last = 0
    while page := log.kept(last, PAGE):
        gone += sum(_trim(name, bounds, now) for _, name, bounds in page)
        last = page[-1][0]
    return gone


@shared_task(name="hub.retention.trim", acks_late=False)
def trim() -> int:
    """Do what `trim_streams` does, since Celery's clock asks for it; what fails is done in the next round."""
    try:
        return trim_streams()
    except AnyDatabaseError as error:
        logger.warning("old events could not be let go of: %s", " ".join(str(error).split()))
        return 0


def _is_limited(namespace: BaseNamespace) -> bool:
    return bool(namespace.history and (namespace.history_size or namespace.history_ttl))


def _trim(name: str, bounds: Bounds, now: datetime) -> int:
    try:
        namespace, _ = namespaces.resolve(name)
    except UnknownStream:
        # Of an application that is not installed just now: it knows what it keeps.
        return 0
    if not _is_limited(namespace):
        return 0
    through = _last_too_many(namespace, bounds)
    if namespace.history_ttl:
        through = max(through, _last_too_old(name, bounds, now - timedelta(seconds=namespace.history_ttl)))
    if through <= bounds.floor:
        return 0
    log.trim(name, through)
    return through - bounds.floor


def _last_too_many(namespace: BaseNamespace, bounds: Bounds) -> int:
    return bounds.head - namespace.history_size if namespace.history_size else 0


def _last_too_old(name: str, bounds: Bounds, moment: datetime) -> int:
    first = log.first_since(name, bounds.floor, moment)
    # What comes in meanwhile is beyond the head that was read, and so it stays.
    return bounds.head if first is None else first - 1
