"""What becomes of an order, and who is told."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from chat.errors import InvalidField
from examples.shop import services
from examples.shop.errors import OrderSettled
from examples.shop.models import Order
from examples.shop.selectors import DaySummary
from notifications.models import Notification


@pytest.fixture
def order(buyer: User) -> Order:
    return Order.objects.create(buyer=buyer, reference="A-1", total_cents=4_200)


def kinds(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def test_paying_an_order_tells_the_buyer(order: Order) -> None:
    services.order_pay(order)
    assert Order.objects.get().status == order.status == "paid"
    told = Notification.objects.get(kind="order.paid")
    assert (told.user, told.body) == (order.buyer, "Thank you: 42.00 EUR came in.")


def test_paying_an_order_twice_changes_nothing(order: Order) -> None:
    services.order_pay(order)
    services.order_pay(order)
    assert kinds(order.buyer) == ["order.placed", "order.paid"]


def test_a_cancelled_order_cannot_be_paid(order: Order) -> None:
    stale = Order.objects.get()
    services.order_cancel(order)
    with pytest.raises(OrderSettled, match="expected order A-1 to be unpaid, but it is cancelled"):
        services.order_pay(stale)
    assert kinds(order.buyer) == ["order.placed"]


def test_a_paid_order_cannot_be_cancelled(order: Order) -> None:
    services.order_pay(order)
    with pytest.raises(OrderSettled, match="it is paid"):
        services.order_cancel(order)
    assert Order.objects.get().status == "paid"


def test_the_buyer_of_an_unpaid_order_is_reminded_once(order: Order) -> None:
    assert services.unpaid_remind(order.pk)
    assert not services.unpaid_remind(order.pk)
    assert kinds(order.buyer) == ["order.placed", "order.unpaid"]
    order.payment.refresh_from_db()
    assert order.payment.reminded_at is not None


@pytest.mark.parametrize("settle", [services.order_pay, services.order_cancel])
def test_nobody_is_reminded_of_a_settled_order(order: Order, settle: type) -> None:
    settle(order)
    assert not services.unpaid_remind(order.pk)
    assert "order.unpaid" not in kinds(order.buyer)


def test_nobody_is_reminded_of_an_order_that_is_gone(order: Order) -> None:
    order_id = order.pk
    order.delete()
    assert not services.unpaid_remind(order_id)


def test_a_rolled_back_reminder_is_still_due(order: Order) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.unpaid_remind(order.pk)
        raise ZeroDivisionError
    assert kinds(order.buyer) == ["order.placed"]
    assert services.unpaid_remind(order.pk)


# PostgreSQL refuses so long a reference by itself.
@pytest.mark.sqlite
def test_a_reminder_that_cannot_be_told_is_still_due(order: Order) -> None:
    Order.objects.update(reference="A" * 300)
    with pytest.raises(InvalidField):
        services.unpaid_remind(order.pk)
    Order.objects.update(reference="A-1")
    assert services.unpaid_remind(order.pk)


@pytest.mark.parametrize(
    ("summary", "body"),
    [
        (DaySummary(date(2026, 1, 31), 1, 1, {}), "1 order, turnover none, 1 unpaid."),
        (DaySummary(date(2026, 1, 31), 3, 0, {"EUR": 4_205}), "3 orders, turnover 42.05 EUR, 0 unpaid."),
        (
            DaySummary(date(2026, 1, 31), 9, 2, {"CHF": 100, "EUR": 7}),
            "9 orders, turnover 1.00 CHF and 0.07 EUR, 2 unpaid.",
        ),
    ],
)
def test_a_summary_reads_as_a_sentence(buyer: User, summary: DaySummary, body: str) -> None:
    services.day_tell(buyer, summary)
    told = Notification.objects.get()
    assert (told.title, told.body, told.url) == ("The shop on 2026-01-31", body, "/admin/shop/order/")
