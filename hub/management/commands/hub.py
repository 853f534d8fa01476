"""`python manage.py hub`: runs the whole hub in the foreground."""

import argparse
import os
import sys
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

from hub.supervisor.plan import Wish, prepare
from hub.supervisor.refusal import ExitCode, StartRefused
from hub.supervisor.run import run

_EPILOG = """\
examples:
  python manage.py hub                           on http://127.0.0.1:8000, a server process per core
  python manage.py hub --port 9000 --workers 2   on another port, with two server processes
  HUBBUB_VAR=/tmp/other python manage.py hub --port 8001
  REDIS_URL=redis://:secret@redis.internal:6379 python manage.py hub
  HUBBUB_ENV=production SECRET_KEY=… ALLOWED_HOSTS=chat.example.com python manage.py hub --host 0.0.0.0

exit codes:
    0  stopped by Ctrl-C, SIGTERM or SIGHUP
    2  wrong arguments
   65  the database lacks migrations, or cannot be read
   69  Redis is missing, does not start or does not answer
   71  the port is in use, or the address cannot be listened on
   73  the directory of the hub's state (var/, or HUBBUB_VAR) cannot be written
   75  another hub runs on that directory
   78  a setting is missing or wrong
  130  stopped at once by a second Ctrl-C
"""


class _Formatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Django's order of options, and the examples as they are written."""


class Command(BaseCommand):
    """Starts and watches Redis, the server processes, the Celery worker and beat."""

    help = "Run the whole hub in the foreground: Redis, server processes, Celery worker and beat. Ctrl-C stops it."
    # Those that matter are run at the start (`hub.supervisor.checks`), in words of their own.
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, with the examples and exit codes at the end of its help."""
        return super().create_parser(prog_name, subcommand, epilog=_EPILOG, formatter_class=_Formatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what there is to choose."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=_port, default=8000, help="port to listen on, 0 for any free one (default: %(default)s)"
        )
        parser.add_argument(
            "--workers",
            type=_count,
            default=_cores(),
            help="server processes (default: one per core, %(default)s here)",
        )
        parser.add_argument("--no-beat", action="store_true", help="without Celery beat: another hub has it already")

    def handle(self, *args: Any, host: str, port: int, workers: int, no_beat: bool, **options: Any) -> None:
        """Run until a signal comes, and exit with a code that says how it went."""
        wish = Wish(host=host, port=port, workers=workers, beat=not no_beat)
        colour = True if options["force_color"] else False if options["no_color"] else None
        try:
            with ExitStack() as held:
                code = run(prepare(wish, held), colour=colour)
        except StartRefused as refusal:
            self.stderr.write(f"hubbub: {refusal}")
            code = refusal.code
        except KeyboardInterrupt:
            code = ExitCode.KILLED
        sys.exit(code)


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65_535:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 512:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number of processes from 1 to 512, got {text!r}")


def _cores() -> int:
    """Return how many cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
