"""Idempotency keys: what was published with each, in the log, or for a while in a receipt where that has no event."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from hub.core.events import Event, timestamp
from hub.core.streams import parse_stream_name
from hub.log.locking import Locked, database, lock, pages
from hub.models import Event as EventRow
from hub.models import Receipt

#: How long a key is remembered whose event is not kept, or no longer.
KEPT = timedelta(minutes=10)

#: The id of a stream's row, and a key.
Pair = tuple[int, str]

_EVENTS = EventRow._meta.db_table
_RECEIPTS = Receipt._meta.db_table
_COLUMNS_OF_EVENT = 'event.id, event.stream_id, event."offset", event.type, event.at, event.data, event.meta, event.key'
_COLUMNS_OF_RECEIPT = "receipt.id, receipt.stream_id, receipt.\"offset\", '', receipt.at, 'null', '', receipt.key"
#: Pairs that one statement carries: Django's bound on values in a statement of SQLite is 999.
_PAGE = 140
#: Receipts that are let go of together, and claims of a process after which it looks for such.
_SWEPT = 1_000
_CLAIMS_TO_SWEEP = 100

_claims = 0


def find_keys(cursor: CursorWrapper, wanted: Sequence[Pair]) -> dict[Pair, Event]:
    """Return the event of each key that was used; of one that is not kept the place, if it ever had one, and no data.

    Arguments:
        cursor: of the log's database, in a transaction that holds the streams.
        wanted: whose keys to look for.
    """
    known: dict[Pair, Event] = {}
    since = _oldest(cursor)
    for page in pages(list(wanted), _PAGE):
        # Pair by pair, rather than each of the streams with each of the keys. "IS NOT NULL" names the partial index.
        sql = (
            f"WITH wanted(stream_id, key) AS (VALUES {', '.join(['(%s, %s)'] * len(page))})"
            f" SELECT {_COLUMNS_OF_EVENT}"
            f" FROM wanted JOIN {_EVENTS} event ON event.stream_id = wanted.stream_id"
            " AND event.key = wanted.key AND event.key IS NOT NULL"
            f" UNION ALL SELECT {_COLUMNS_OF_RECEIPT}"
            f" FROM wanted JOIN {_RECEIPTS} receipt ON receipt.stream_id = wanted.stream_id"
            " AND receipt.key = wanted.key AND receipt.at > %s"
        )
        values = [value for pair in page for value in pair]
        for row in EventRow.objects.raw(sql, [*values, since], using=cursor.db.alias):
            event = Event(row.offset or None, row.type, timestamp(row.at), row.data, row.meta)
            known[row.stream_id, str(row.key)] = event
    return known


def known(streams: Iterable[str], key: str) -> dict[str, Event]:
    """Return what was published with a key to those of some streams that know it, as `find_keys`.

    Locks the streams until the caller's transaction ends, in the order of their names.
    """
    with database().cursor() as cursor:
        locked = lock(cursor, dict.fromkeys(streams, 0))
        found = find_keys(cursor, [(row.id, key) for row in locked.values()])
    return {name: found[row.id, key] for name, row in locked.items() if (row.id, key) in found}


def claim(streams: Iterable[str], key: str) -> dict[str, Event | None]:
    """Take a key in streams for something that is not kept there, inside the caller's transaction.

    Locks the streams until that ends, in the order of their names.

    Returns:
        For each stream, by name, None where the key is new, else what `find_keys` returns of its first use.
    Raises:
        TransactionManagementError: there is no transaction to be part of.
        BadRequest, UnknownStream: a name is not a stream's.
    """
    names = set(streams)
    for name in names:
        parse_stream_name(name)
    with database().cursor() as cursor:
        locked = lock(cursor, dict.fromkeys(names, 0))
        found = find_keys(cursor, [(row.id, key) for row in locked.values()])
        _give_receipts(cursor, [row for row in locked.values() if (row.id, key) not in found], key)
    return {name: found.get((row.id, key)) for name, row in locked.items()}


def _give_receipts(cursor: CursorWrapper, streams: Sequence[Locked], key: str) -> None:
    global _claims
    at = cursor.db.ops.adapt_datetimefield_value(timezone.now())
    for page in pages(list(streams), _PAGE):
        cursor.execute(
            f'INSERT INTO {_RECEIPTS} (stream_id, key, "offset", at)'
            f" VALUES {', '.join(['(%s, %s, 0, %s)'] * len(page))} {_REPLACE_OLD}",
            [value for row in page for value in (row.id, key, at)],
        )
    _claims += len(streams)
    if _claims >= _CLAIMS_TO_SWEEP:
        _claims = 0
        # Afterwards: whoever deletes rows while it holds streams, and waits for others, may be waited for by them.
        transaction.on_commit(forget_old, using=cursor.db.alias, robust=True)


def keep_keys(cursor: CursorWrapper, stream_id: int, through: int) -> None:
    """Give receipts for the keys of a stream's events up to an offset, which are about to be deleted."""
    cursor.execute(
        f'INSERT INTO {_RECEIPTS} (stream_id, key, "offset", at)'
        f' SELECT stream_id, key, "offset", at FROM {_EVENTS}'
        f' WHERE stream_id = %s AND "offset" <= %s AND key IS NOT NULL AND at > %s {_REPLACE_OLD}',
        [stream_id, through, _oldest(cursor)],
    )


#: A receipt that is there is one that is too old: else the key would have been found.
_REPLACE_OLD = 'ON CONFLICT (stream_id, key) DO UPDATE SET "offset" = excluded."offset", at = excluded.at'


def forget_old() -> None:
    """Delete receipts that are too old, a thousand at most; never waits for anybody."""
    old = Receipt.objects.filter(at__lte=timezone.now() - KEPT).order_by("at")
    with transaction.atomic(using=old.db):
        if database().features.has_select_for_update_skip_locked:
            old = old.select_for_update(skip_locked=True)
        Receipt.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_SWEPT])).delete()


def _oldest(cursor: CursorWrapper) -> str | datetime:
    moment: str | datetime = cursor.db.ops.adapt_datetimefield_value(timezone.now() - KEPT)
    return moment
