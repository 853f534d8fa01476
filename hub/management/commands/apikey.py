"""`manage.py apikey`: a key for a program that calls the REST API; shown once."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hub import apikeys

#: Longest life of a key, in days, and longest name, in characters.
MAX_DAYS = 36_500
MAX_NAME = 100


class Command(BaseCommand):
    """Make an API key and print it."""

    help = "Make an API key, e.g.: python manage.py apikey backups --user admin --scope notifications:write"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="what you call it")
        parser.add_argument("--user", required=True, help="in whose name the program acts")
        parser.add_argument(
            "--scope", action="append", required=True, choices=list(apikeys.SCOPES), help="what it may do; repeatable"
        )
        parser.add_argument("--days", type=int, help="after how many days it ends (never)")

    def handle(self, *args: Any, name: str, user: str, scope: list[str], days: int | None, **options: Any) -> str:
        """Return the key, which the base class prints."""
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"expected --user to name an active user, got {user!r}")
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise CommandError(f"expected --days to be 1 to {MAX_DAYS}, got {days}")
        if not 1 <= len(name) <= MAX_NAME:
            raise CommandError(f"expected a name of 1 to {MAX_NAME} characters, got {len(name)}")
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        return apikeys.issue(name, owner, scope, expires_at=expires_at)[1]
