"""Publishes from a process of its own, beside a running server: `python -m …resume_writer STREAM COUNT SIZES`.

It writes COUNT events that nobody is told of, says so, and waits for a line on standard input. Then it publishes LIVE
more, one by one, and says that they are there.
"""

import os
import sys

import django

#: Events published one by one while somebody resumes.
LIVE = 30
#: Events written in one transaction.
AT_ONCE = 500


def text(size: int) -> str:
    """Return a text of so many bytes, for the most part of characters that take three."""
    return "€" * (size // 3) + "x" * (size % 3)


def main(stream: str, count: int, sizes: list[int]) -> None:
    """Write, say so, wait, and publish."""
    from django.db import transaction

    from hub import log
    from hub.log import Draft
    from hub.publish import publish

    texts = [text(size) for size in sizes]
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        with transaction.atomic():
            log.append(stream, [Draft("numbered", {"n": n, "text": texts[n % len(texts)]}) for n in numbers])
    print("written", flush=True)
    sys.stdin.readline()
    for number in range(count + 1, count + LIVE + 1):
        publish(stream, "numbered", {"n": number, "text": texts[number % len(texts)]})
    print("published", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    main(sys.argv[1], int(sys.argv[2]), [int(size) for size in sys.argv[3].split(",")])
