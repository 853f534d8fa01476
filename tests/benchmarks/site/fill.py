"""Fills a stream's log with events that were never announced: `fill STREAM EVENTS`."""

import sys

import django

_INSERT = """
INSERT INTO hub_event (stream_id, "offset", type, data, at)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT %s, n, 'message', '{"body": "one of very many, all alike, which somebody wrote long ago"}', %s FROM numbers
"""


def fill(stream: str, events: int) -> None:
    """Write events to the log of a stream that has none yet."""
    from django.db import connection, transaction
    from django.utils import timezone

    from hub.models import Stream

    now = timezone.now()
    with transaction.atomic():
        row = Stream.objects.create(name=stream, head=events)
        with connection.cursor() as cursor:
            at = connection.ops.adapt_datetimefield_value(now)
            cursor.execute(_INSERT, [events, row.pk, at])
    with connection.cursor() as cursor:
        # A server that has been there for long has looked at its tables.
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    django.setup()
    fill(sys.argv[1], int(sys.argv[2]))
