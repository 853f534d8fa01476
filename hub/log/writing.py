"""Writing the log: events at the ends of streams, with the caller's transaction (P1, P2, P7)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from hub.core.events import Event, timestamp
from hub.core.streams import parse_stream_name
from hub.log.drafts import Draft, check, encode, encode_meta
from hub.log.keys import Pair, find_keys
from hub.log.locking import Locked, database, lock, pages, take
from hub.models import Event as EventRow

_TABLE = EventRow._meta.db_table
#: `meta` is the last: where no event has any, the statement leaves it to its default.
_COLUMNS = ("at", "stream_id", '"offset"', "type", "data", "key", "meta")
_VALUES_OF_JSON = ("%s", "(row->>0)::bigint", "(row->>1)::bigint", "row->>2", "row->>3", "row->>4", "row->>5")
#: Events that one statement carries: Django's bound on values in a statement of SQLite is 999.
_PAGE = 140
#: The same of PostgreSQL, which gets them as one value; of the largest events that is half of what it takes.
_PAGE_OF_POSTGRESQL = 500

#: Data and meta of a draft, as JSON text.
_Texts = tuple[str, str]
#: What is known by key: the event of its first use.
_Known = dict[Pair, Event]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append."""

    epoch: str
    #: The events, in order of the drafts; for a repeated key, the event of its first use.
    events: tuple[Event, ...]
    #: Those of them that are new, to be announced.
    fresh: tuple[Event, ...]


def append(stream: str, drafts: Sequence[Draft]) -> Appended:
    """Write events at the end of a stream, inside the caller's transaction.

    The stream's row is locked from here to the end of that transaction: offsets are contiguous in commit order, and
    no reader can see one before the one below it. Transactions that append to several streams should do so by
    `append_many`, in one order everywhere, or `hold` them first; else the database may have to break a deadlock between
    two of them.

    Arguments:
        stream: the stream's name; it comes into being with its first event.
        drafts: what to write, in order.
    Returns:
        The events with their offsets. A draft whose key was used in this stream writes nothing.
    Raises:
        TransactionManagementError: there is no transaction to be part of.
        BadRequest: a name, type or key is too long, or the data is not JSON.
        LimitExceeded: the data of an event is larger than `HUBBUB_MAX_EVENT_SIZE`.
    """
    return append_many({stream: drafts})[stream]


def append_many(batch: Mapping[str, Sequence[Draft]]) -> dict[str, Appended]:
    """Write events at the ends of several streams: as `append`, in few statements however many streams there are.

    All streams are locked, in the order of their names, before the data of the first draft is called for.

    What is wrong with a draft that is settled is found before anything is written. Any other error makes the caller's
    transaction one that can only be rolled back, to a savepoint perhaps: offsets may have been taken.

    Arguments:
        batch: name of each stream, and what to write to it, in order.
    Returns:
        What became of it, by stream. Errors are those of `append`.
    """
    connection = database()
    texts = _encode_settled(batch)
    keyed = any(draft.key is not None for drafts in batch.values() for draft in drafts)
    with transaction.atomic(using=connection.alias, savepoint=False), connection.cursor() as cursor:
        # With keys, how many offsets are taken is known only under the lock.
        locked = lock(cursor, {stream: 0 if keyed else len(drafts) for stream, drafts in batch.items()})
        known = find_keys(cursor, _keys(locked, batch)) if keyed else {}
        fresh = {stream: _fresh(locked[stream].id, drafts, known) for stream, drafts in batch.items()}
        if keyed:
            take(cursor, ((locked[stream].id, len(drafts)) for stream, drafts in fresh.items() if drafts))
        at = timezone.now()
        moment = timestamp(at)
        events = {stream: _number(locked[stream], drafts, moment, texts) for stream, drafts in fresh.items()}
        _insert(cursor, at, ((locked[stream].id, fresh[stream], events[stream]) for stream in batch))
    by_draft = {
        stream: _by_draft(locked[stream].id, batch[stream], fresh[stream], events[stream], known) for stream in batch
    }
    return {stream: Appended(locked[stream].epoch, by_draft[stream], events[stream]) for stream in batch}


def _encode_settled(batch: Mapping[str, Sequence[Draft]]) -> dict[int, _Texts]:
    """Check a batch; return the texts of settled drafts by their identity: one that goes to many is encoded once."""
    texts: dict[int, _Texts] = {}
    for stream, drafts in batch.items():
        parse_stream_name(stream)
        for draft in drafts:
            if id(draft) not in texts:
                check(draft)
                if draft.settled:
                    texts[id(draft)] = _texts(draft)
    return texts


def _keys(locked: Mapping[str, Locked], batch: Mapping[str, Sequence[Draft]]) -> list[Pair]:
    return [
        (locked[stream].id, draft.key) for stream, drafts in batch.items() for draft in drafts if draft.key is not None
    ]


def _fresh(stream_id: int, drafts: Sequence[Draft], known: _Known) -> list[Draft]:
    """Return the drafts that will be written: not those whose key was used, in the log or further up."""
    if not any(draft.key is not None for draft in drafts):
        return list(drafts)
    found: list[Draft] = []
    seen: set[str] = set()
    for draft in drafts:
        if draft.key is not None:
            if draft.key in seen or (stream_id, draft.key) in known:
                continue
            seen.add(draft.key)
        found.append(draft)
    return found


def _texts(draft: Draft) -> _Texts:
    return encode(draft), encode_meta(draft.meta)


def _number(row: Locked, drafts: Sequence[Draft], moment: str, texts: Mapping[int, _Texts]) -> tuple[Event, ...]:
    return tuple(
        Event(offset, draft.type, moment, *(texts.get(id(draft)) or _texts(draft)))
        for offset, draft in enumerate(drafts, row.head + 1)
    )


def _insert(
    cursor: CursorWrapper, at: datetime, streams: Iterable[tuple[int, Sequence[Draft], Sequence[Event]]]
) -> None:
    rows = [
        (stream_id, event.offset, event.type, event.data, draft.key, event.meta)
        for stream_id, drafts, events in streams
        for draft, event in zip(drafts, events, strict=True)
    ]
    width = len(_COLUMNS) if any(row[-1] for row in rows) else len(_COLUMNS) - 1
    into = f"INSERT INTO {_TABLE} ({', '.join(_COLUMNS[:width])})"
    stored_at = cursor.db.ops.adapt_datetimefield_value(at)
    if cursor.db.vendor == "postgresql":
        # One value instead of hundreds, each of which its driver and its parser look at: that takes half the time.
        sql = f"{into} SELECT {', '.join(_VALUES_OF_JSON[:width])} FROM json_array_elements(%s) row"
        for page in pages(rows, _PAGE_OF_POSTGRESQL):
            cursor.execute(sql, [stored_at, json.dumps(page, ensure_ascii=False)])
        return
    places = f"({', '.join(['%s'] * width)})"
    for page in pages(rows, _PAGE):
        sql = f"{into} VALUES {', '.join([places] * len(page))}"
        cursor.execute(sql, [value for row in page for value in (stored_at, *row)[:width]])


def _by_draft(
    stream_id: int, drafts: Sequence[Draft], fresh: Sequence[Draft], events: tuple[Event, ...], known: _Known
) -> tuple[Event, ...]:
    """Return the event of each draft, whether it was written now or at the first use of its key."""
    if len(fresh) == len(drafts):
        return events
    for draft, event in zip(fresh, events, strict=True):
        if draft.key is not None:
            known[stream_id, draft.key] = event
    unkeyed = (event for draft, event in zip(fresh, events, strict=True) if draft.key is None)
    return tuple(next(unkeyed) if draft.key is None else known[stream_id, draft.key] for draft in drafts)
