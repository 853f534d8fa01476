#!/usr/bin/env python
"""The site's command line: `python manage.py help` lists the commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> int:
    """Run one management command; a setting that is wrong gives one clear sentence, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 78  # EX_CONFIG of sysexits.h
    return 0


if __name__ == "__main__":
    sys.exit(main())
