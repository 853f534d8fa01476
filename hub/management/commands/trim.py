"""`manage.py trim`: lets go of what need not be kept, at once rather than with Celery's clock."""

from typing import Any

from django.core.management.base import BaseCommand

from hub.retention import trim_streams


class Command(BaseCommand):
    """Let go of events beyond the size and the age that their namespaces name."""

    help = (
        "Let go of events beyond the history_size and the history_ttl of their namespaces, as Celery beat has it done "
        "every minute. Prints how many there were."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        """Return how many events there were, which the base class prints."""
        return f"Let go of {trim_streams()} events."
