"""The streams `order:<id>`: what becomes of an order, for its buyer and the shop's staff alone."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from examples.shop import selectors
from examples.shop.events import order_object
from hub.core.errors import BadRequest, UnknownStream
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.namespaces import Asked, Caller, Namespace, command


class OrderNamespace(Namespace):
    """The orders. One that is somebody else's is unknown, like one that does not exist."""

    prefix = "order"
    # An order has few changes; whoever was away for longer asks for it anew, by `order.show`.
    history_size = 100

    def can_subscribe(self, user: User, stream: StreamName) -> bool:
        """Return True for an order of the user's, and for any where the user is on the staff.

        Raises:
            UnknownStream: there is none, or it is somebody else's.
        """
        [refusal] = self.may_subscribe([(user, stream)])
        if refusal is not None:
            raise refusal
        return True

    def may_subscribe(self, asked: Sequence[Asked]) -> list[Exception | None]:
        """Say of many what `can_subscribe` says of one, with one query for the orders."""
        buyers = selectors.buyers_of(stream.rest for _, stream in asked)
        return [
            None
            if stream.rest in buyers and (user.is_staff or buyers[stream.rest] == user.pk)
            else UnknownStream(f"there is no stream {stream.full!r}")
            for user, stream in asked
        ]

    @command("order.show")
    def show(self, caller: Caller, data: JSONObject) -> JSONObject:
        """Show the order as it is now: `{}`. The result is that of the event `order.changed`."""
        if data:
            raise BadRequest("expected data with nothing in it")
        self.can_subscribe(caller.user, caller.stream)
        return order_object(selectors.order(int(caller.stream.rest)))
