"""The lock of a stream: its row, under which offsets are given out, to the end of the transaction (P2)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from hub.core.streams import parse_stream_name
from hub.models import Stream

#: Streams that one statement names: Django's bound on values in a statement of SQLite is 999.
PAGE = 500

T = TypeVar("T")

_TABLE = Stream._meta.db_table


class Locked(NamedTuple):
    """The row of a stream whose lock this transaction holds."""

    id: int
    epoch: str
    #: Offset of the last event before those for which this transaction takes offsets now.
    head: int


def database() -> BaseDatabaseWrapper:
    """Return the connection to the log's database.

    Raises:
        TransactionManagementError: there is no transaction on it.
    """
    connection = connections[router.db_for_write(Stream)]
    # A caller without a transaction would lose the locks, and with them the order, at once.
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("expected the log to be written inside transaction.atomic()")
    return connection


def hold(streams: Iterable[str]) -> None:
    """Lock streams until the caller's transaction ends, in the order of their names.

    Raises:
        TransactionManagementError: there is no transaction to be part of.
        BadRequest, UnknownStream: a name is not a stream's.
    """
    names = set(streams)
    for name in names:
        parse_stream_name(name)
    with database().cursor() as cursor:
        lock(cursor, dict.fromkeys(names, 0))


def lock(cursor: CursorWrapper, takes: Mapping[str, int]) -> dict[str, Locked]:
    """Lock streams until the transaction ends, in the order of their names, and take offsets at their ends.

    Arguments:
        cursor: of the log's database, in a transaction.
        takes: name of each stream, and how many offsets to take in it, 0 for none yet. A stream comes into being.
    Returns:
        Their rows, by name, with the heads of before.
    """
    if len(takes) == 1:
        [(name, count)] = takes.items()
        return {name: _lock_one(cursor, name, count)}
    _create_missing(cursor, takes)
    rows: dict[str, Locked] = {}
    for page in pages(sorted(takes)):
        rows |= _select(cursor, page, for_update=True)
    take(cursor, ((rows[name].id, count) for name, count in takes.items() if count))
    return rows


def take(cursor: CursorWrapper, counts: Iterable[tuple[int, int]]) -> None:
    """Take offsets at the ends of streams that are locked.

    Arguments:
        counts: id of each stream's row, and how many, 1 or more.
    """
    by_count = sorted(((count, stream_id) for stream_id, count in counts))
    for count, group in groupby(by_count, key=lambda pair: pair[0]):
        # A statement for each count rather than for each stream: there are few different ones.
        for page in pages([stream_id for _, stream_id in group]):
            among, values = _among(cursor, page)
            cursor.execute(f"UPDATE {_TABLE} SET head = head + %s WHERE id {among}", [count, *values])


def _lock_one(cursor: CursorWrapper, name: str, count: int) -> Locked:
    """Lock one stream by the UPDATE that takes its offsets, also where it takes none: one statement does it all."""
    row = _update(cursor, name, count)
    if row is None:
        _create(cursor, [name])
        row = _update(cursor, name, count)
        assert row is not None, f"the stream {name} was there, and is gone"
    return row


def _update(cursor: CursorWrapper, name: str, count: int) -> Locked | None:
    sql = f"UPDATE {_TABLE} SET head = head + %s WHERE name = %s"
    columns = "id, epoch, head"
    # SQLite has it from 3.35 on; Red Hat 9 and Debian 11 have 3.34.
    if cursor.db.features.can_return_columns_from_insert:
        cursor.execute(f"{sql} RETURNING {columns}", [count, name])
    else:
        cursor.execute(sql, [count, name])
        cursor.execute(f"SELECT {columns} FROM {_TABLE} WHERE name = %s", [name])
    row = cursor.fetchone()
    return None if row is None else Locked(row[0], row[1], row[2] - count)


def _create_missing(cursor: CursorWrapper, names: Iterable[str]) -> None:
    """Create the streams that are not there, before the first is locked.

    What is created is locked by that, so doing it afterwards would take locks out of their order. So far this
    transaction holds none, and whoever else creates streams goes by the order of their names too.
    """
    wanted = sorted(names)
    known = {name for page in pages(wanted) for name in _select(cursor, page, for_update=False)}
    _create(cursor, [name for name in wanted if name not in known])


def _create(cursor: CursorWrapper, names: list[str]) -> None:
    # Two transactions may both find no row: the second waits here for the first, and creates nothing.
    streams = [Stream(name=name) for name in names]
    Stream.objects.using(cursor.db.alias).bulk_create(streams, ignore_conflicts=True)


def _select(cursor: CursorWrapper, names: list[str], *, for_update: bool) -> dict[str, Locked]:
    among, values = _among(cursor, names)
    sql = f"SELECT name, id, epoch, head FROM {_TABLE} WHERE name {among}"
    # SQLite needs no more than the transaction: it is the only one that writes (`hub.E002`).
    if for_update and cursor.db.features.has_select_for_update:
        # An UPDATE of many rows would lock them in any order. The database's own order of names need not be ours.
        sql += ' ORDER BY name COLLATE "C" FOR NO KEY UPDATE'
    cursor.execute(sql, values)
    return {name: Locked(*row) for name, *row in cursor.fetchall()}


def pages(items: list[T], size: int = PAGE) -> Iterator[list[T]]:
    """Cut what one statement cannot carry into parts of at most `size`."""
    return (items[first : first + size] for first in range(0, len(items), size))


def _among(cursor: CursorWrapper, items: list[Any]) -> tuple[str, list[Any]]:
    """Return the SQL of being one of some items, and its values."""
    if cursor.db.vendor == "postgresql":
        # One value: its driver looks at each of many.
        return "= ANY(%s)", [items]
    return f"IN ({', '.join(['%s'] * len(items))})", items
