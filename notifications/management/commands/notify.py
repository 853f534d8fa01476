"""`manage.py notify`: tell users something from the shell."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from chat.selectors import user_named
from hub.core.errors import HubError
from notifications import events, selectors, services
from notifications.services import Alert

EXAMPLES = """\
examples:
  python manage.py notify demo "Backup finished"
  python manage.py notify demo "Disk is full" --kind disk --body "/var has 2 % left" --url /admin/
  python manage.py notify demo "Nightly report" --key report-2026-01-31 --json
  python manage.py notify demo guest "Lunch is ready"
  python manage.py notify --all "Maintenance at 20:00" --key maintenance-12
"""

FIELDS = ("title", "body", "kind", "url", "key")


class _HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, with the examples' lines kept as they are."""


class Command(BaseCommand):
    """Puts a notification into the inboxes of users; whoever has theirs open sees it at once."""

    help = "Tell users something: it appears in their inboxes, at once where they are open."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, with examples at the end of its help."""
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, formatter_class=_HelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("username", nargs="*", help="whom to tell; one or more")
        parser.add_argument("title", help="the headline, 1 to 200 characters")
        parser.add_argument("--all", action="store_true", help="tell all active users, instead of some by name")
        parser.add_argument("--body", default="", help="more text, up to 4,000 characters")
        parser.add_argument("--kind", default="alert", help="what sort it is, e.g. alert (the default)")
        parser.add_argument("--url", default="", help="where it leads: a path of this site, or an http(s) address")
        parser.add_argument("--key", help="idempotency key: repeating it tells nothing new")
        parser.add_argument("--json", action="store_true", help="print the notification, or the numbers, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Notify, and say what was done.

        Raises:
            CommandError: a user is unknown, or the input wrong; the exit code is 1 then.
        """
        names = options["username"]
        if bool(names) == options["all"]:
            raise CommandError("expected usernames, or --all", returncode=2)
        fields = {name: options[name] for name in FIELDS}
        try:
            if len(names) == 1:
                self._tell_one(names[0], fields, as_json=options["json"])
            else:
                self._tell_many(names, fields, as_json=options["json"])
        except HubError as error:
            raise CommandError(error.message) from error

    def _tell_one(self, username: str, fields: dict[str, Any], *, as_json: bool) -> None:
        user = user_named(username)
        notification, created = services.notify_once(user, **fields)
        if as_json:
            self.stdout.write(json.dumps(events.notification_object(notification), ensure_ascii=False))
        elif created:
            self.stdout.write(self.style.SUCCESS(f"{user.username} has notification {notification.pk}."))
        else:
            self.stdout.write(f"{user.username} had notification {notification.pk} with this key already.")

    def _tell_many(self, names: list[str], fields: dict[str, Any], *, as_json: bool) -> None:
        """Tell all of these users, or all active ones where no names are given."""
        users = selectors.active_users(names) if names else {}
        if unknown := sorted(set(names).difference(users)):
            raise CommandError(f"there is no active user {', '.join(map(repr, unknown))}")
        ids = (
            users.values() if names else User.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
        )
        outcomes = services.notify_many(Alert(user_id=user_id, **fields) for user_id in ids)
        told = sum(outcome is not None and outcome.created for outcome in outcomes)
        repeated = sum(outcome is not None and not outcome.created for outcome in outcomes)
        if as_json:
            self.stdout.write(json.dumps({"told": told, "repeated": repeated}))
            return
        self.stdout.write(self.style.SUCCESS(f"{told} users have it."))
        if repeated:
            self.stdout.write(f"{repeated} had one with this key already.")
