"""What follows when an order is saved, whoever saves it: a page, the admin, the shell or a task.

Receivers run in the transaction of `Order.save`: what they write is kept if and only if the order is. Fixtures
(`raw=True`) cause nothing; `bulk_create` and `update()` send no signal.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save

from examples.shop import services
from examples.shop.conf import reminder_seconds
from examples.shop.events import stream_of
from examples.shop.models import Order
from examples.shop.tasks import remind_unpaid
from hub.rights import rights_changed


def connect() -> None:
    """Begin to listen. Called once, when Django is ready."""
    post_save.connect(order_saved, sender=Order, dispatch_uid="shop.order_saved")
    post_delete.connect(order_deleted, sender=Order, dispatch_uid="shop.order_deleted")


def order_saved(
    sender: type[Order], instance: Order, created: bool, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Tell who follows the order; prepare the payment of a new one and tell its buyer; tell the buyer of a payment."""
    if raw:
        return
    if created:
        services.payment_details_add(instance)
        services.placed_tell(instance)
        _remind_later(instance)
    if instance.status == Order.Status.PAID and (update_fields is None or "status" in update_fields):
        # On every save of a paid order: the notification's key makes it one alert.
        services.paid_tell(instance)
    services.change_tell(instance)


def order_deleted(sender: type[Order], instance: Order, **kwargs: Any) -> None:
    """End the streams of those who follow an order that there is no more."""
    rights_changed(stream=stream_of(instance))


def _remind_later(order: Order) -> None:
    # Durable: it is part of the order's transaction, and waits in a row until its time has come.
    remind_unpaid.apply_async(args=(order.pk,), countdown=reminder_seconds())
