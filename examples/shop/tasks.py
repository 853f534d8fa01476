"""The shop's work in Celery workers. A task carries an id or a date, and running twice has one effect."""

from datetime import date, timedelta

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from examples.shop import selectors, services
from examples.shop.conf import reminder_seconds

#: How long after its time a reminder counts as missed, in seconds.
MISSED_AFTER = 60
#: Missed reminders that are caught up on in one go; the rest follows in the next.
MISSED_AT_ONCE = 1_000


# A database that is busy or restarting is worth another try, here and below.
@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=8)
def remind_unpaid(order_id: int) -> bool:
    """Remind the buyer of an order that is still unpaid.

    Returns:
        Whether the buyer was reminded now.
    """
    return services.unpaid_remind(order_id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=8)
def remind_missed() -> int:
    """Catch up on reminders whose delayed task was lost, with its process or with the broker.

    Returns:
        How many orders were found.
    """
    before = timezone.now() - timedelta(seconds=reminder_seconds() + MISSED_AFTER)
    order_ids = selectors.reminders_due(before, MISSED_AT_ONCE)
    for order_id in order_ids:
        # A task each: an order that fails holds up no other.
        remind_unpaid.delay(order_id)
    return len(order_ids)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=8)
def sum_up_day(day: str | None = None) -> int:
    """Send the shop's staff the figures of a day, once; nothing is sent for a day without orders.

    Arguments:
        day: as `2026-01-31`; yesterday where absent, the last day that is over.
    Returns:
        How many people have the summary.
    """
    summary = selectors.day_summary(date.fromisoformat(day) if day else timezone.localdate() - timedelta(days=1))
    if not summary.orders:
        return 0
    staff = selectors.staff()
    for user in staff:
        services.day_tell(user, summary)
    return len(staff)
