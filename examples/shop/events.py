"""What the readers of an order's stream get."""

from examples.shop.models import Order
from hub.core.types import JSONObject


def stream_of(order: Order) -> str:
    """Return the name of an order's stream."""
    return f"order:{order.pk}"


def order_object(order: Order) -> JSONObject:
    """Return an order as its buyer sees it."""
    return {
        "id": order.pk,
        "reference": order.reference,
        "status": order.status,
        "total_cents": order.total_cents,
        "currency": order.currency,
    }
