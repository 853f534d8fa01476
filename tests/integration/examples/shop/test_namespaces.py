"""The streams of orders: their buyers and the staff follow them, and nobody else knows of them."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from examples.shop import services
from examples.shop.models import Order
from hub.core.errors import MethodNotFound, PermissionDenied, UnknownStream
from hub.core.types import JSONObject
from hub.database import in_database
from hub.history import history
from hub.identity import Guest
from hub.namespaces import Caller, namespaces
from tests.integration.sockets import connected, serving


@pytest.fixture
def order(buyer: User) -> Order:
    """An order of the buyer's."""
    return Order.objects.create(buyer=buyer, reference="A-1", total_cents=4_200)


@pytest.fixture
def other(buyer: User) -> User:
    """Somebody else."""
    return User.objects.create_user("bob")


def show(user: User, order: Order) -> JSONObject:
    namespace, name = namespaces.resolve(f"order:{order.pk}")
    return namespace.run(Caller(user, name), "order.show", {})


def test_the_buyer_and_the_staff_may_follow_an_order(buyer: User, other: User, order: Order) -> None:
    seller = User.objects.create_user("sue", is_staff=True)
    for user in (buyer, seller):
        namespaces.check_subscribe(user, f"order:{order.pk}")
        namespaces.check_history(user, f"order:{order.pk}")
    with pytest.raises(UnknownStream):
        namespaces.check_subscribe(other, f"order:{order.pk}")
    for guest in (Guest("ada"), Guest(str(buyer.pk))):
        with pytest.raises(PermissionDenied):
            namespaces.check_subscribe(guest, f"order:{order.pk}")


def test_an_order_of_somebody_else_is_unknown_like_one_that_there_is_not(other: User, order: Order) -> None:
    words = []
    for stream in (f"order:{order.pk}", "order:999999"):
        with pytest.raises(UnknownStream) as caught:
            namespaces.check_subscribe(other, stream)
        words.append(caught.value.message.replace(stream, ""))
    assert words[0] == words[1]


@pytest.mark.parametrize("rest", ["0", "-1", "x", "٣", "9" * 40, "1.0", "+1"])
def test_what_is_no_id_of_an_order_names_no_stream(buyer: User, rest: str) -> None:
    buyer.is_staff = True
    with pytest.raises(UnknownStream):
        namespaces.check_subscribe(buyer, f"order:{rest}")


def test_another_way_to_write_an_id_names_no_stream(buyer: User, order: Order) -> None:
    with pytest.raises(UnknownStream):
        namespaces.check_subscribe(buyer, f"order:0{order.pk}")


def test_many_are_answered_by_one_query(buyer: User, other: User) -> None:
    orders = [Order.objects.create(buyer=buyer, reference=f"A-{n}", total_cents=1) for n in range(5)]
    asked = [(user, f"order:{order.pk}") for order in orders for user in (buyer, other)]
    with CaptureQueriesContext(connection) as queries:
        verdicts = namespaces.check_subscribe_many([*asked])
    assert len(queries) == 1
    assert [verdict is None for verdict in verdicts] == [True, False] * 5


def test_each_change_of_an_order_is_told_in_its_transaction(order: Order) -> None:
    services.order_pay(order)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Order.objects.create(buyer=order.buyer, reference="A-2", total_cents=1)
        raise ZeroDivisionError
    told = [(event.type, event.data) for event in history(f"order:{order.pk}", limit=-1).events]
    assert [kind for kind, _ in told] == ["order.changed", "order.changed"]
    assert ['"status":"unpaid"' in told[0][1], '"status":"paid"' in told[1][1]] == [True, True]


def test_an_order_can_be_asked_for_by_those_who_may_follow_it(buyer: User, other: User, order: Order) -> None:
    shown = {"id": order.pk, "reference": "A-1", "status": "unpaid", "total_cents": 4_200, "currency": "EUR"}
    assert show(buyer, order) == shown
    with pytest.raises(UnknownStream):
        show(other, order)
    namespace, name = namespaces.resolve(f"order:{order.pk}")
    with pytest.raises(MethodNotFound):
        namespace.run(Caller(buyer, name), "order.pay", {})


async def test_a_buyer_hears_of_the_payment_and_of_nothing_once_the_order_is_anothers(
    buyer: User, other: User, order: Order
) -> None:
    async with serving(), connected(f"/ws/stream/order:{order.pk}/", buyer) as socket:
        assert (await socket.receive())["hello"]["offset"] == 1
        await in_database(services.order_pay, order)
        event = await socket.receive()
        assert (event["type"], event["data"]["status"]) == ("order.changed", "paid")
        order.buyer = other
        await in_database(order.save)
        while "error" not in (message := await socket.receive()):
            assert message["type"] == "order.changed"
        assert message["error"]["code"] == 102
