"""Reading the log: a stream's events, page by page."""

from hub.core.events import Event, timestamp
from hub.models import Event as EventRow


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
