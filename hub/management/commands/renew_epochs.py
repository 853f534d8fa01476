"""`manage.py renew_epochs`: to be run once after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand

from hub.log import renew_epochs


class Command(BaseCommand):
    """Have every client load a snapshot when it comes back."""

    help = (
        "Begin a new life of every stream, after a backup was restored: offsets that clients have seen are given out "
        "again, and whoever resumed would mix two histories. Live readers reconnect by themselves within seconds."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        """Return how many streams there are, which the base class prints."""
        return f"Renewed the epochs of {renew_epochs()} streams."
