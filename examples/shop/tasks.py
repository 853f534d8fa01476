"""The shop's work in Celery workers. A task carries an id or a date, and running twice has one effect."""

from datetime import date, timedelta

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from examples.shop import selectors, services
from hub.tasks import DurableTask


@shared_task(base=DurableTask)
def remind_unpaid(order_id: int) -> bool:
    """Remind the buyer of an order that is still unpaid.

    Returns:
        Whether the buyer was reminded now.
    """
    return services.unpaid_remind(order_id)


# Not durable: the next run makes up for one that is lost. A database that is busy or restarting is worth another try.
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
