"""The log: what is published, as rows. The only place that writes events (P1, P2)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from hub.conf import conf
from hub.core.errors import BadRequest, HubError, LimitExceeded
from hub.core.events import Event, Position, timestamp
from hub.core.json import encode_json
from hub.core.streams import parse_stream_name
from hub.core.types import JSONObject
from hub.models import Event as EventRow
from hub.models import Stream, new_epoch

#: Data of an event, or what gives it once the stream's lock is held.
EventData = JSONObject | Callable[[], JSONObject]

#: Longest `type` of an event and longest idempotency key, in characters.
MAX_TYPE = 100
MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no offset yet."""

    type: str
    #: A callable is called while the stream's row is locked, so that what it counts is in commit order.
    data: EventData
    #: Idempotency key, unique in the stream.
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append."""

    epoch: str
    #: The events, in order of the drafts; for a repeated key, the event of its first use.
    events: tuple[Event, ...]
    #: Those of them that are new, to be announced.
    fresh: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a stream goes, and how far back it is kept."""

    epoch: str
    head: int
    #: Events up to this offset are no longer kept.
    floor: int


def append(stream: str, drafts: Sequence[Draft]) -> Appended:
    """Write events at the end of a stream, inside the caller's transaction.

    The stream's row is locked from here to the end of that transaction: offsets are contiguous in commit order, and
    no reader can see one before the one below it. Transactions that append to several streams should do so in one
    order everywhere, or `hold` them first; else the database may have to break a deadlock between two of them.

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
    for draft in drafts:
        _check(draft)
    # With keys, how many offsets are taken is known only under the lock.
    keyed = any(draft.key is not None for draft in drafts)
    row = _lock(stream, take=0 if keyed else len(drafts))
    known = _find_keys(row, drafts) if keyed else {}
    next_offset = row.head + 1 if keyed else row.head - len(drafts) + 1
    at = timezone.now()
    fresh: list[EventRow] = []
    by_draft: list[EventRow] = []
    for draft in drafts:
        event = known.get(draft.key) if draft.key is not None else None
        if event is None:
            event = _new_row(row, next_offset + len(fresh), draft, at)
            fresh.append(event)
            if draft.key is not None:
                known[draft.key] = event
        by_draft.append(event)
    EventRow.objects.bulk_create(fresh)
    if keyed and fresh:
        Stream.objects.filter(pk=row.pk).update(head=row.head + len(fresh))
    return Appended(row.epoch, tuple(map(_to_event, by_draft)), tuple(map(_to_event, fresh)))


def hold(streams: Iterable[str]) -> None:
    """Lock streams until the caller's transaction ends, in the order of their names.

    Raises:
        TransactionManagementError: there is no transaction to be part of.
        BadRequest, UnknownStream: a name is not a stream's.
    """
    for name in sorted(set(streams)):
        _lock(name, take=0)


def _check(draft: Draft) -> None:
    if not 0 < len(draft.type) <= MAX_TYPE:
        raise BadRequest(f"expected an event type of 1 to {MAX_TYPE} characters, got {draft.type[:40]!r}")
    if draft.key is not None and not 0 < len(draft.key) <= MAX_KEY:
        raise BadRequest(f"expected an idempotency key of 1 to {MAX_KEY} characters, got {len(draft.key)}")
    # PostgreSQL stores no NUL. (JSON escapes it, so data may hold one.)
    if "\x00" in draft.type or "\x00" in (draft.key or ""):
        raise BadRequest("expected an event type and an idempotency key without NUL characters, got one")


def _lock(name: str, take: int) -> Stream:
    """Lock the stream's row until the transaction ends, take offsets at its end, and read it.

    The UPDATE is the lock, also where it takes nothing: SELECT … FOR UPDATE does nothing on SQLite.
    """
    # A caller without a transaction would lose the lock, and with it the order, at once.
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("expected log.append to be called inside transaction.atomic()")
    rows = Stream.objects.filter(name=name)
    if not rows.update(head=models.F("head") + take):
        parse_stream_name(name)
        # Two transactions may both find no row: the second waits here for the first, and creates nothing.
        Stream.objects.bulk_create([Stream(name=name)], ignore_conflicts=True)
        rows.update(head=models.F("head") + take)
    return rows.get()


def _find_keys(row: Stream, drafts: Sequence[Draft]) -> dict[str | None, EventRow]:
    keys = [draft.key for draft in drafts if draft.key is not None]
    if not keys:
        return {}
    return {event.key: event for event in EventRow.objects.filter(stream=row, key__in=keys)}


def _new_row(stream: Stream, offset: int, draft: Draft, at: datetime) -> EventRow:
    data = encode_json(draft.data() if callable(draft.data) else draft.data)
    size = len(data) if data.isascii() else len(data.encode())
    if size > conf.MAX_EVENT_SIZE:
        raise LimitExceeded(f"expected event data of up to {conf.MAX_EVENT_SIZE} bytes as JSON, got {size}")
    return EventRow(stream=stream, offset=offset, type=draft.type, data=data, at=at, key=draft.key)


def _to_event(row: EventRow) -> Event:
    return Event(row.offset, row.type, timestamp(row.at), row.data)


def read(stream: str, after: int, limit: int, max_bytes: int = 1_048_576, *, epoch: str | None = None) -> list[Event]:
    """Read a page of a stream.

    Arguments:
        stream: the stream's name.
        after: the offset before the page.
        limit: most events in the page.
        max_bytes: most bytes of data in the page; a single event may be larger.
        epoch: the life of the stream that is meant, where it matters; in another one there is nothing to read.
    Returns:
        Events with offsets above `after`, ascending; none for an unknown stream, or one in another life.
    """
    rows = EventRow.objects.filter(stream__name=stream, offset__gt=after).order_by("offset")
    if epoch is not None:
        rows = rows.filter(stream__epoch=epoch)
    columns = rows.values_list("offset", "type", "at", "data")[:limit]
    page: list[Event] = []
    used = 0
    # A few rows at a time: a page of large events must not be in memory as a whole before it is cut.
    for offset, type_, at, data in columns.iterator(chunk_size=32):
        used += len(data)
        if page and used > max_bytes:
            break
        page.append(Event(offset, type_, timestamp(at), data))
    return page


def bounds(streams: Iterable[str]) -> dict[str, Bounds]:
    """Return how far each of the named streams goes; streams that were never written to are absent."""
    rows = Stream.objects.filter(name__in=list(streams)).values_list("name", "epoch", "head", "floor")
    return {name: Bounds(epoch, head, floor) for name, epoch, head, floor in rows}


def open_stream(stream: str) -> Bounds:
    """Return how far a stream goes, making it where it was never written to, so that its epoch is settled.

    Raises:
        BadRequest, UnknownStream: this is no stream's name.
    """
    opened = open_streams([stream])[0]
    if isinstance(opened, HubError):
        raise opened
    return opened


def open_streams(streams: Sequence[str]) -> list[Bounds | HubError]:
    """Do what `open_stream` does, for many with few queries. Returns for each how far it goes, or its error."""
    found = bounds(streams)
    errors: dict[str, HubError] = {}
    for name in streams:
        if name not in found and name not in errors:
            try:
                parse_stream_name(name)
            except HubError as error:
                errors[name] = error
    if new := sorted(set(streams) - found.keys() - errors.keys()):
        Stream.objects.bulk_create([Stream(name=name) for name in new], ignore_conflicts=True)
        found |= bounds(new)
    return [errors[name] if name in errors else found[name] for name in streams]


def renew_epochs() -> int:
    """Begin a new life of every stream: clients that come back load a snapshot instead of resuming.

    Called when the log is not the one that clients have read: after a backup was restored, offsets that somebody has
    seen are given out again, and resuming would mix two histories.

    Returns:
        How many streams there are.
    """
    with transaction.atomic():
        streams = list(Stream.objects.select_for_update())
        for stream in streams:
            stream.epoch = new_epoch()
        Stream.objects.bulk_update(streams, ["epoch"], batch_size=500)
    return len(streams)


def position(stream: str) -> Position:
    """Return the position of a stream's end.

    For a snapshot, read it before the rows: a change in between is then in both, and an event that is already in
    the snapshot changes nothing, while one that is in neither would be lost.
    """
    found = open_stream(stream)
    return Position(found.epoch, found.head)
