"""`python -m tests.chaos.flood STREAM FIRST COUNT SIZE RATE`: publish large numbered events, at a steady pace."""

import os
import sys
import time

import django


def flood(stream: str, first: int, count: int, size: int, rate: float) -> None:
    """Publish numbered events, each in a transaction of its own.

    Arguments:
        first: the number of the first event.
        count: how many events.
        size: characters of each.
        rate: bytes a second; slower where the database is.
    """
    from hub.publish import publish

    began = time.monotonic()
    for index in range(count):
        time.sleep(max(0.0, began + index * size / rate - time.monotonic()))
        publish(stream, "flood", {"number": first + index, "at": time.time(), "filling": "x" * size})


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    name, *numbers, pace = sys.argv[1:]
    begin, many, length = map(int, numbers)
    flood(name, begin, many, length, float(pace))
