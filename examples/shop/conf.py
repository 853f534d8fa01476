"""The shop's own setting."""

from typing import Any

from django.conf import settings


def reminder_seconds() -> Any:
    """Return `SHOP_REMINDER_SECONDS`: after how many seconds a buyer is reminded of an unpaid order; 60 by default.

    A whole number, which `checks.check_reminder_seconds` makes sure of.
    """
    return getattr(settings, "SHOP_REMINDER_SECONDS", 60)
