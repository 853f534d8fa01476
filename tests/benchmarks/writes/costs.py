"""What publishing costs in one process on one database: the measuring itself, which `publish` starts.

Prints one JSON object. It fills the database of its settings, so it must be given one of its own.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from hub import log  # noqa: E402
from hub.log import Draft  # noqa: E402
from hub.models import Event, Stream, TaskRecord  # noqa: E402
from hub.publish import publish  # noqa: E402
from notifications.services import Alert, notify_many  # noqa: E402

DATA = {"id": 1, "room": "lobby", "author": {"id": 7, "username": "ann", "display_name": "Ann"}, "body": "x" * 100}
#: Streams among which the events of a group commit are.
STREAMS = 20
#: Events of each stream that fill the log.
PER_STREAM = 10_000


def median(calls: int, *functions: Callable[[int], object]) -> list[float]:
    """Call functions in turn, so that all have the same weather; return the median of each in microseconds."""
    taken: list[list[float]] = [[] for _ in functions]
    for number in range(calls):
        for function, times in zip(functions, taken, strict=True):
            began = time.perf_counter()
            function(number)
            times.append((time.perf_counter() - began) * 1e6)
    # The first calls make connections and plans.
    return [statistics.median(times[calls // 10 :]) for times in taken]


def save(prefix: str) -> Callable[[int], None]:
    """Return what writes one row by the ORM, in a transaction of its own."""

    def call(number: int) -> None:
        with transaction.atomic():
            TaskRecord.objects.create(id=f"{prefix}{number}", task="t", body="{}", queue="q", due_at=timezone.now())

    return call


def save_and_publish(number: int) -> None:
    """Write the same row, and publish with it."""
    with transaction.atomic():
        TaskRecord.objects.create(id=f"both{number}", task="t", body="{}", queue="q", due_at=timezone.now())
        publish("bench:both", "said", DATA)


def publishing(calls: int) -> dict[str, float]:
    """Measure a commit alone, `publish`, and both in one transaction."""
    alone, published, both = median(
        calls, save(f"alone{time.monotonic()}"), lambda _: publish("bench:one", "said", DATA), save_and_publish
    )
    TaskRecord.objects.all().delete()
    return {"commit": alone, "publish": published, "commit with publish": both, "publish / commit": published / alone}


def appending(events: int, calls: int) -> float:
    """Measure an append of events to many streams, per event, without the commit."""
    batch: dict[str, list[Draft]] = {}
    for number in range(events):
        batch.setdefault(f"bench:{number % STREAMS}", []).append(Draft("said", DATA | {"id": number}))
    times = []
    for _ in range(calls):
        with transaction.atomic():
            began = time.perf_counter()
            log.append_many(batch)
            times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times) / events


def notifying(users: int) -> float:
    """Measure `notify_many`, per notification, commits and announcements included."""
    User.objects.bulk_create([User(username=f"bench{number}") for number in range(users)])
    ids = list(User.objects.filter(username__startswith="bench").values_list("pk", flat=True))
    times = []
    for turn in range(3):
        alerts = [
            Alert(user_id=one, title=f"Your order {one}", body="It is on its way. " * 4, key=f"{turn}") for one in ids
        ]
        began = time.perf_counter()
        notify_many(alerts)
        times.append((time.perf_counter() - began) * 1e6)
    # The first turn makes the inboxes and the streams.
    return statistics.median(times[1:]) / users


def fill(events: int) -> None:
    """Put events into the log, by the database's own means."""
    names = [f"full:{number}" for number in range(events // PER_STREAM)]
    Stream.objects.bulk_create([Stream(name=name, head=PER_STREAM) for name in names])
    data = json.dumps(DATA)
    numbers = (
        f"generate_series(1, {PER_STREAM}) numbers(n)"
        if connection.vendor == "postgresql"
        else f"(WITH RECURSIVE counted(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM counted WHERE n < {PER_STREAM})"
        " SELECT n FROM counted) numbers"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {Event._meta.db_table} (stream_id, "offset", type, data, at, key)'
            f" SELECT stream.id, numbers.n, 'said', %s, %s, NULL FROM {Stream._meta.db_table} stream, {numbers}"
            " WHERE stream.name LIKE 'full:%%'",
            [data, connection.ops.adapt_datetimefield_value(timezone.now())],
        )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything; microseconds."""
    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {"empty log": publishing(options.calls)}
    found["append_many, per event"] = {
        str(events): appending(events, max(5, options.calls // 10)) for events in (1, 10, 100, 500)
    }
    found["notify_many, per alert"] = notifying(options.users)
    if options.events:
        fill(options.events)
        found["full log"] = publishing(options.calls)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--events", type=int, required=True)
    print(json.dumps(measure(parser.parse_args())))
