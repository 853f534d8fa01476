"""`manage.py notify`: tell a user something from the shell."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from chat.selectors import user_named
from hub.core.errors import HubError
from notifications import events, services

EXAMPLES = """\
examples:
  python manage.py notify demo "Backup finished"
  python manage.py notify demo "Disk is full" --kind disk --body "/var has 2 % left" --url /admin/
  python manage.py notify demo "Nightly report" --key report-2026-01-31 --json
"""


class _HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, with the examples' lines kept as they are."""


class Command(BaseCommand):
    """Puts a notification into a user's inbox; whoever has it open sees it at once."""

    help = "Tell a user something: it appears in their inbox, at once where it is open."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, with examples at the end of its help."""
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=_HelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("username", help="whom to tell")
        parser.add_argument("title", help="the headline, 1 to 200 characters")
        parser.add_argument("--body", default="", help="more text, up to 4,000 characters")
        parser.add_argument("--kind", default="alert", help="what sort it is, e.g. alert (the default)")
        parser.add_argument("--url", default="", help="where it leads: a path of this site, or an http(s) address")
        parser.add_argument("--key", help="idempotency key: repeating it tells nothing new")
        parser.add_argument("--json", action="store_true", help="print the notification as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Notify, and say what was done.

        Raises:
            CommandError: the user is unknown, or the input wrong; the exit code is 1 then.
        """
        fields = {name: options[name] for name in ("title", "body", "kind", "url", "key")}
        try:
            user = user_named(options["username"])
            notification, created = services.notify_once(user, **fields)
        except HubError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(events.notification_object(notification), ensure_ascii=False))
        elif created:
            self.stdout.write(self.style.SUCCESS(f"{user.username} has notification {notification.pk}."))
        else:
            self.stdout.write(f"{user.username} had notification {notification.pk} with this key already.")
