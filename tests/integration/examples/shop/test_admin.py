"""The shop in the admin site: what is done there is told like anything else."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from examples.shop.models import Order
from notifications.models import Notification

LIST = "admin:shop_order_changelist"


@pytest.fixture
def admin(buyer: User, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def place(buyer: User, reference: str) -> Order:
    return Order.objects.create(buyer=buyer, reference=reference, total_cents=4_200)


def act(admin: Client, action: str, *orders: Order) -> str:
    data = {"action": action, "_selected_action": [order.pk for order in orders]}
    return admin.post(reverse(LIST), data, follow=True).content.decode()


def test_an_order_made_in_the_admin_is_told_of(admin: Client, buyer: User) -> None:
    data = {"buyer": buyer.pk, "reference": "A-1", "total_cents": 4_200, "currency": "EUR"}
    management = {"payment-TOTAL_FORMS": 0, "payment-INITIAL_FORMS": 0}
    response = admin.post(reverse("admin:shop_order_add"), data | management)
    assert response.status_code == 302
    assert Order.objects.get().payment.code
    assert Notification.objects.get().title == "Order A-1 placed"


def test_an_orders_page_shows_its_payment_details(admin: Client, buyer: User) -> None:
    order = place(buyer, "A-1")
    page = admin.get(reverse("admin:shop_order_change", args=[order.pk])).content.decode()
    assert order.payment.code in page


def test_marking_orders_as_paid_tells_their_buyers(admin: Client, buyer: User) -> None:
    act(admin, "mark_paid", place(buyer, "A-1"), place(buyer, "A-2"))
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
    told = Notification.objects.filter(kind="order.paid").values_list("title", flat=True)
    assert set(told) == {"Order A-1 paid", "Order A-2 paid"}


def test_an_order_that_is_settled_is_left_and_said_so(admin: Client, buyer: User) -> None:
    order, other = place(buyer, "A-1"), place(buyer, "A-2")
    act(admin, "mark_paid", order)
    page = act(admin, "mark_cancelled", order, other)
    assert "Left as it is: expected order A-1 to be unpaid, but it is paid." in page
    assert dict(Order.objects.values_list("reference", "status")) == {"A-1": "paid", "A-2": "cancelled"}
