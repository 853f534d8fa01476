"""What happens to an order, and who is told: each service is one transaction, the telling included.

A notification's key says what it is about, so whatever runs twice (a task, a save) tells once.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from examples.shop.errors import OrderSettled
from examples.shop.events import order_object, stream_of
from examples.shop.models import Order, OrderPaymentDetails, money
from examples.shop.selectors import DaySummary
from hub.publish import publish
from hub.rights import rights_changed
from notifications.services import notify


def order_pay(order: Order) -> None:
    """Mark an order as paid; one that is paid already stays as it is.

    Raises:
        OrderSettled: it is cancelled.
    """
    _settle(order, Order.Status.PAID)


def order_cancel(order: Order) -> None:
    """Cancel an order; one that is cancelled already stays as it is.

    Raises:
        OrderSettled: it is paid.
    """
    _settle(order, Order.Status.CANCELLED)


def payment_details_add(order: Order) -> OrderPaymentDetails:
    """Return the payment details of an order, making them where there are none."""
    return OrderPaymentDetails.objects.get_or_create(order=order)[0]


def change_tell(order: Order) -> None:
    """Tell who follows an order how it is now, and have it looked at whether they may: the buyer may be another one."""
    publish(stream_of(order), "order.changed", order_object(order))
    rights_changed(stream=stream_of(order))


def placed_tell(order: Order) -> None:
    """Tell the buyer that the order has come in, and how to pay it."""
    notify(
        order.buyer,
        kind="order.placed",
        title=f"Order {order.reference} placed",
        body=f"To pay: {order.total}. Quote {order.payment.code} with the payment.",
        key=f"order:{order.pk}:placed",
    )


def paid_tell(order: Order) -> None:
    """Tell the buyer that the payment has come in."""
    notify(
        order.buyer,
        kind="order.paid",
        title=f"Order {order.reference} paid",
        body=f"Thank you: {order.total} came in.",
        key=f"order:{order.pk}:paid",
    )


def unpaid_remind(order_id: int) -> bool:
    """Remind the buyer of an order, unless it is settled, gone, or was reminded of before.

    Returns:
        Whether the buyer was reminded now.
    """
    # The rows are locked: a payment that comes in meanwhile waits, and so does a second reminder.
    due = OrderPaymentDetails.objects.select_for_update(of=("self", "order")).select_related("order__buyer")
    with transaction.atomic():
        details = due.filter(order=order_id, order__status=Order.Status.UNPAID, reminded_at=None).first()
        if details is None:
            return False
        details.reminded_at = timezone.now()
        details.save(update_fields=["reminded_at"])
        order = details.order
        notify(
            order.buyer,
            kind="order.unpaid",
            title=f"Order {order.reference} is not paid yet",
            body=f"To pay: {order.total}. Quote {details.code} with the payment.",
            key=f"order:{order.pk}:unpaid",
        )
        return True


def day_tell(user: User, summary: DaySummary) -> None:
    """Tell one of the shop's staff what a day has brought."""
    orders = "1 order" if summary.orders == 1 else f"{summary.orders} orders"
    turnover = " and ".join(money(cents, currency) for currency, cents in summary.turnover.items())
    notify(
        user,
        kind="shop.day",
        title=f"The shop on {summary.day.isoformat()}",
        body=f"{orders}, turnover {turnover or 'none'}, {summary.unpaid} unpaid.",
        url=reverse("admin:shop_order_changelist"),
        key=f"shop:day:{summary.day.isoformat()}",
    )


def _settle(order: Order, status: Order.Status) -> None:
    with transaction.atomic():
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.status not in (Order.Status.UNPAID, status):
            raise OrderSettled(row.reference, row.status)
        if row.status != status:
            row.status = status
            row.save(update_fields=["status"])
    order.status = status
