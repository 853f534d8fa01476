"""`manage.py demo`: the demo's users, rooms and messages, loaded once, and only in demo mode."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from hub.conf import environment
from hub.log import renew_epochs


class Command(BaseCommand):
    """Load the demo data into an empty database."""

    help = "Load the demo data (users demo, guest, admin; two rooms; a few messages) unless there are users already."

    def handle(self, *args: Any, **options: Any) -> str:
        """Load the fixture; a database that has users is left as it is."""
        if environment() == "production":
            # Its passwords are known to everyone.
            raise CommandError("expected HUBBUB_ENV to be demo, got production: the demo accounts exist only there")
        if User.objects.exists():
            return "There are users already: nothing loaded."
        with transaction.atomic():
            call_command("loaddata", "demo", verbosity=0)
            # A new database is a new life of its streams: a client of an older one must not resume in it.
            renew_epochs()
        return "Loaded the demo: log in as demo, guest or admin, each with its name as password."
