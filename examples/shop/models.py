"""The rows of the shop: orders, and how each is paid."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone


def money(cents: int, currency: str) -> str:
    """Return an amount as people read it, e.g. `42.00 EUR`.

    Arguments:
        cents: the amount in hundredths of the currency's unit, 0 or more.
        currency: its three-letter code.
    """
    return f"{cents // 100}.{cents % 100:02d} {currency}"


def new_payment_code() -> str:
    """Return a code that no order has yet and nobody can guess."""
    return secrets.token_hex(6).upper()


class Order(models.Model):
    """Something that a user buys."""

    class Status(models.TextChoices):
        """What has become of an order."""

        UNPAID = "unpaid", "unpaid"
        PAID = "paid", "paid"
        CANCELLED = "cancelled", "cancelled"

    class Currency(models.TextChoices):
        """Currencies whose unit has a hundred parts."""

        CHF = "CHF", "Swiss franc"
        EUR = "EUR", "euro"
        GBP = "GBP", "pound sterling"
        USD = "USD", "US dollar"

    # The books outlive a user: who has orders cannot be deleted.
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    #: What the order is called between shop and buyer, e.g. `A-1001`.
    reference = models.CharField(max_length=40, unique=True)
    #: Hundredths of the currency's unit: whole numbers add up exactly on every database.
    total_cents = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.EUR)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNPAID)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the order, together with what its signals do. Arguments and errors are Django's.

        Django sends `post_save` after the row of a plain `save()` is committed: a failing receiver would leave an
        order without payment details, or one that its buyer is never told of.
        """
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)

    @property
    def total(self) -> str:
        """The amount to pay as people read it, e.g. `42.00 EUR`."""
        return money(self.total_cents, self.currency)


class OrderPaymentDetails(models.Model):
    """How an order is paid. There is one for every order that was saved through the model."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="payment")
    #: What the buyer quotes with the payment.
    code = models.CharField(max_length=12, unique=True, default=new_payment_code, editable=False)
    #: When the buyer was reminded to pay; None where that was not (yet) needed.
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "order payment details"

    def __str__(self) -> str:
        return self.code
