"""What follows when an order is saved: on a real database, where commits are commits, and with a real broker."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from chat.errors import InvalidField
from examples.shop.models import Order, OrderPaymentDetails
from hub.models import Event, TaskRecord
from notifications.models import Notification
from tests.integration.examples.shop.reminders import reminders


def place(buyer: User, reference: str = "A-1") -> Order:
    return Order.objects.create(buyer=buyer, reference=reference, total_cents=4_200)


def titles(buyer: User) -> list[str]:
    return list(Notification.objects.filter(user=buyer).order_by("id").values_list("title", flat=True))


def test_a_new_order_gets_payment_details(buyer: User) -> None:
    order = place(buyer)
    assert OrderPaymentDetails.objects.get().order == order


def test_an_order_saved_again_keeps_its_payment_details(buyer: User) -> None:
    order = place(buyer)
    code = order.payment.code
    order.save()
    assert OrderPaymentDetails.objects.get().code == code


def test_two_orders_have_two_codes(buyer: User) -> None:
    assert place(buyer, "A-1").payment.code != place(buyer, "A-2").payment.code


def test_the_buyer_is_told_how_to_pay(buyer: User) -> None:
    order = place(buyer)
    told = Notification.objects.get(user=buyer)
    assert (told.kind, told.title) == ("order.placed", "Order A-1 placed")
    assert told.body == f"To pay: 42.00 EUR. Quote {order.payment.code} with the payment."


def test_the_alerts_of_several_orders_stand_in_the_inbox_stream_without_holes(buyer: User) -> None:
    for number in range(3):
        place(buyer, f"A-{number}")
    events = Event.objects.filter(stream__name=f"inbox#{buyer.pk}").order_by("offset")
    shown = [(event.offset, event.type, json.loads(event.data)["notification"]["title"]) for event in events]
    assert shown == [(n + 1, "notification.created", f"Order A-{n} placed") for n in range(3)]


def test_an_order_saved_again_is_not_told_of_again(buyer: User) -> None:
    order = place(buyer)
    order.reference = "A-1b"
    order.save()
    assert titles(buyer) == ["Order A-1 placed"]


def test_nothing_is_left_of_a_rolled_back_order(buyer: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        place(buyer)
        raise ZeroDivisionError
    assert not Order.objects.exists()
    assert not OrderPaymentDetails.objects.exists()
    assert not Notification.objects.exists()
    assert not Event.objects.exists()
    assert reminders() == []


def test_a_rolled_back_savepoint_takes_its_order_along_and_no_other(buyer: User) -> None:
    with transaction.atomic():
        kept = place(buyer, "A-1")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            place(buyer, "A-2")
            raise ZeroDivisionError
    assert titles(buyer) == ["Order A-1 placed"]
    assert reminders() == [kept.pk]


# PostgreSQL refuses so long a reference by itself.
@pytest.mark.sqlite
def test_an_order_that_its_buyer_cannot_be_told_of_is_not_saved(buyer: User) -> None:
    with pytest.raises(InvalidField):
        place(buyer, "A" * 300)
    assert not Order.objects.exists()
    assert reminders() == []


def test_a_reminder_is_recorded_with_the_order(buyer: User) -> None:
    with transaction.atomic():
        order = place(buyer)
        assert reminders() == [order.pk]
    assert reminders() == [order.pk]


def test_the_reminder_is_due_after_the_seconds_of_the_setting(buyer: User, settings: Settings) -> None:
    settings.SHOP_REMINDER_SECONDS = 600
    before = timezone.now()
    place(buyer)
    due = TaskRecord.objects.get().due_at
    assert before + timedelta(seconds=600) <= due <= timezone.now() + timedelta(seconds=600)


def test_an_order_saved_again_has_no_second_reminder(buyer: User) -> None:
    place(buyer).save()
    assert len(reminders()) == 1


def test_an_order_saved_as_paid_is_told_of_once(buyer: User) -> None:
    order = place(buyer)
    order.status = Order.Status.PAID
    order.save()
    order.save()
    assert titles(buyer) == ["Order A-1 placed", "Order A-1 paid"]


def test_a_payment_that_was_not_saved_is_not_told_of(buyer: User) -> None:
    order = place(buyer)
    order.status = Order.Status.PAID
    order.save(update_fields=["reference"])
    assert titles(buyer) == ["Order A-1 placed"]


def test_a_cancelled_order_is_told_of_no_more(buyer: User) -> None:
    order = place(buyer)
    order.status = Order.Status.CANCELLED
    order.save()
    assert titles(buyer) == ["Order A-1 placed"]


def test_a_fixture_causes_nothing(buyer: User) -> None:
    fixture = serializers.serialize("json", [Order(pk=7, buyer=buyer, reference="A-7", total_cents=1, status="paid")])
    for loaded in serializers.deserialize("json", fixture):
        loaded.save()
    assert Order.objects.get().pk == 7
    assert not OrderPaymentDetails.objects.exists()
    assert not Notification.objects.exists()
    assert not Event.objects.exists()
    assert reminders() == []
