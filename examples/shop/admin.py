"""The shop in the admin site. An order saved here is told of like any other: by the model's signal."""

from collections.abc import Callable
from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from examples.shop import services
from examples.shop.errors import OrderSettled
from examples.shop.models import Order, OrderPaymentDetails


class PaymentInline(admin.StackedInline):  # type: ignore[type-arg]  # not subscriptable at run time
    """How the order is paid, on its page. The shop makes these rows itself."""

    model = OrderPaymentDetails
    can_delete = False
    readonly_fields = ("code", "reminded_at")

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Refuse: they come with the order."""
        return False


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Orders. What becomes of one is said by an action, not by its form, which may be older than the row."""

    list_display = ("reference", "buyer", "total", "status", "created_at")
    list_filter = ("status", "currency", "created_at")
    list_select_related = ("buyer",)
    search_fields = ("reference", "payment__code", "buyer__username")
    autocomplete_fields = ("buyer",)
    readonly_fields = ("status", "created_at")
    inlines: ClassVar = [PaymentInline]
    actions = ("mark_paid", "mark_cancelled")

    @admin.action(description="Mark selected orders as paid", permissions=["change"])
    def mark_paid(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Mark orders as paid."""
        self._settle(request, orders, services.order_pay)

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def mark_cancelled(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Cancel orders."""
        self._settle(request, orders, services.order_cancel)

    def _settle(self, request: HttpRequest, orders: QuerySet[Order], settle: Callable[[Order], None]) -> None:
        # One by one, not by `update()`: that sends no signal, so that no buyer would hear of it.
        for order in orders:
            try:
                settle(order)
            except OrderSettled as error:
                self.message_user(request, f"Left as it is: {error}.", messages.WARNING)
