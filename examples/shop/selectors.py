"""Reading the shop's orders: whose they are, and a day's figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Q, Sum
from django.utils import timezone

from examples.shop.models import Order


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What became of the orders of one day."""

    day: date
    #: Orders placed on the day, cancelled ones included.
    orders: int
    #: How many of them nobody has paid or cancelled.
    unpaid: int
    #: Cents of those that are paid, by currency; a currency without a paid order is absent.
    turnover: dict[str, int]


def day_summary(day: date) -> DaySummary:
    """Return the figures of a day, which begins at midnight of the current time zone."""
    begin, end = _midnight(day), _midnight(day + timedelta(days=1))
    of_day = Order.objects.filter(created_at__gte=begin, created_at__lt=end)
    by_currency = (
        of_day.order_by("currency")
        .values("currency")
        .annotate(
            orders=Count("pk"),
            unpaid=Count("pk", filter=Q(status=Order.Status.UNPAID)),
            paid_cents=Sum("total_cents", filter=Q(status=Order.Status.PAID)),
        )
    )
    rows = list(by_currency)
    return DaySummary(
        day,
        orders=sum(row["orders"] for row in rows),
        unpaid=sum(row["unpaid"] for row in rows),
        turnover={row["currency"]: row["paid_cents"] for row in rows if row["paid_cents"] is not None},
    )


def buyers_of(order_ids: Iterable[str]) -> dict[str, int]:
    """Return the ids of the buyers of orders, by the orders' ids as texts, in one query. What is no id is absent."""
    wanted = {text for text in order_ids if text.isascii() and text.isdecimal() and len(text) < 19}
    rows = Order.objects.filter(pk__in=map(int, wanted)).values_list("pk", "buyer")
    # Another way to write an id, as `007`, is no name of the order's stream.
    return {str(pk): buyer for pk, buyer in rows}


def order(order_id: int) -> Order:
    """Return an order that there is."""
    return Order.objects.get(pk=order_id)


def staff() -> list[User]:
    """Return the shop's staff: active users who may enter the admin site, by id."""
    return list(User.objects.filter(is_active=True, is_staff=True).order_by("pk"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
