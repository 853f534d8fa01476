"""A system check: a reminder without a time to wait stops the start."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, register

from examples.shop.conf import reminder_seconds


@register("hubbub")
def check_reminder_seconds(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A reminder that is due at once would come with the order itself."""
    seconds = reminder_seconds()
    if isinstance(seconds, int) and seconds > 0:
        return []
    return [Error(f"expected SHOP_REMINDER_SECONDS to be a whole number from 1 on, got {seconds!r}", id="shop.E001")]
