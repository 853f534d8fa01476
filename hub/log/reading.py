"""Reading the log: a stream's events, page by page, onwards or backwards."""

from datetime import datetime

from django.db.models import QuerySet

from hub.core.events import Event, timestamp
from hub.models import Event as EventRow

#: Most bytes of data in a page where nothing else is said; a single event may be larger.
PAGE_BYTES = 1_048_576


def first_since(stream: str, after: int, moment: datetime) -> int | None:
    """Return the offset of the first event above `after` that happened at a moment or later; None where there is none.

    What is older is read through, so `after` should be where such events begin: the stream's floor.
    """
    rows = EventRow.objects.filter(stream__name=stream, offset__gt=after, at__gte=moment)
    return rows.order_by("offset").values_list("offset", flat=True).first()


def read(stream: str, after: int, limit: int, max_bytes: int = PAGE_BYTES, *, epoch: str | None = None) -> list[Event]:
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
    return _page(_rows(stream, epoch).filter(offset__gt=after).order_by("offset"), limit, max_bytes)


def read_back(
    stream: str, before: int, limit: int, max_bytes: int = PAGE_BYTES, *, epoch: str | None = None
) -> list[Event]:
    """Read a page of a stream backwards: events with offsets below `before`, descending; else as `read`."""
    return _page(_rows(stream, epoch).filter(offset__lt=before).order_by("-offset"), limit, max_bytes)


def _rows(stream: str, epoch: str | None) -> QuerySet[EventRow]:
    rows = EventRow.objects.filter(stream__name=stream)
    return rows if epoch is None else rows.filter(stream__epoch=epoch)


def _page(rows: QuerySet[EventRow], limit: int, max_bytes: int) -> list[Event]:
    columns = rows.values_list("offset", "type", "at", "data", "meta")[:limit]
    page: list[Event] = []
    used = 0
    # A few rows at a time: a page of large events must not be in memory as a whole before it is cut.
    for offset, type_, at, data, meta in columns.iterator(chunk_size=32):
        used += len(data) + len(meta)
        if page and used > max_bytes:
            break
        page.append(Event(offset, type_, timestamp(at), data, meta))
    return page
