"""A day's figures, and which reminders are due."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from examples.shop import selectors
from examples.shop.models import Order
from examples.shop.selectors import DaySummary

DAY = date(2026, 1, 31)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def place(buyer: User, at: datetime = NOON, cents: int = 1_000, **more: str) -> Order:
    reference = f"A-{Order.objects.count()}"
    return Order.objects.create(buyer=buyer, reference=reference, total_cents=cents, created_at=at, **more)


def test_a_day_without_orders_is_all_zero(buyer: User) -> None:
    assert selectors.day_summary(DAY) == DaySummary(DAY, orders=0, unpaid=0, turnover={})


def test_a_day_counts_its_orders_and_adds_up_what_is_paid(buyer: User) -> None:
    place(buyer, cents=1_001, status="paid")
    place(buyer, cents=2_002, status="paid")
    place(buyer, cents=5, status="paid", currency="CHF")
    place(buyer, cents=7, status="unpaid", currency="USD")
    place(buyer, cents=9, status="cancelled")
    assert selectors.day_summary(DAY) == DaySummary(DAY, orders=5, unpaid=1, turnover={"CHF": 5, "EUR": 3_003})


@pytest.mark.parametrize(
    ("at", "count"),
    [
        (datetime(2026, 1, 30, 23, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 1, 31, tzinfo=UTC), 1),
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 2, 1, tzinfo=UTC), 0),
    ],
)
def test_a_day_goes_from_midnight_to_midnight(buyer: User, at: datetime, count: int) -> None:
    place(buyer, at)
    assert selectors.day_summary(DAY).orders == count


def test_a_day_is_that_of_the_current_time_zone(buyer: User) -> None:
    place(buyer, datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    with timezone.override("Europe/Zurich"):
        assert selectors.day_summary(date(2026, 2, 1)).orders == 1


def test_staff_are_the_active_users_of_the_admin_site(buyer: User) -> None:
    grace = User.objects.create_user("grace", is_staff=True)
    User.objects.create_user("gone", is_staff=True, is_active=False)
    assert selectors.staff() == [grace]
