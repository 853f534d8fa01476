"""`manage.py token`: a token for a script or an app, on standard output."""

from argparse import RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import tokens
from hub.conf import conf


class Command(BaseCommand):
    """Print a JSON Web Token that proves to be a user."""

    help = """Print a token for a user.

examples:
  python manage.py token demo
  HUBBUB_TOKEN=$(python manage.py token demo --ttl 600) python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/
"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser; it keeps the examples as they are written."""
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username", help="whose token it is")
        parser.add_argument(
            "--ttl", type=int, default=conf.TOKEN_TTL, metavar="SECONDS", help="how long it is valid (%(default)s)"
        )

    def handle(self, *args: Any, username: str, ttl: int, **options: Any) -> str:
        """Return the token, which the base class prints."""
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"expected the name of an active user, got {username!r}")
        try:
            return tokens.issue(user, timedelta(seconds=ttl))
        except (ValueError, OverflowError) as error:
            raise CommandError(str(error)) from error
