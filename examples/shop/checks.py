"""A system check: a reminder that would come again and again stops the start."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from examples.shop.conf import reminder_seconds

#: What Celery assumes for Redis where nothing is set, in seconds.
DEFAULT_VISIBILITY_TIMEOUT = 3_600


@register()
def check_reminder_seconds(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A worker holds a delayed task back; Redis hands out again what a worker holds for too long."""
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    limit = options.get("visibility_timeout", DEFAULT_VISIBILITY_TIMEOUT)
    seconds = reminder_seconds()
    if isinstance(seconds, int) and 0 < seconds < limit:
        return []
    return [
        Error(
            f"expected SHOP_REMINDER_SECONDS to be a whole number from 1 to {limit - 1}, got {seconds!r}",
            hint="The upper limit is the visibility timeout in CELERY_BROKER_TRANSPORT_OPTIONS.",
            id="shop.E001",
        )
    ]
