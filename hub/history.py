"""History: what a stream keeps, read in pages by those who ask for it (Centrifugo client protocol, section 6)."""

from dataclasses import dataclass

from hub import log
from hub.core.errors import BadRequest, UnrecoverablePosition
from hub.core.events import Event, Position
from hub.log import Bounds

#: Most events in one answer, where nobody says otherwise: what `limit` -1 gives.
MAX_EVENTS = 1_000
#: Most characters of their data, unless a single event has more: with all that is around them they fit one message of
#: 1 MiB, the most that some clients take.
MAX_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class History:
    """A page of what a stream keeps."""

    #: In the order that was asked for.
    events: list[Event]
    #: Where the stream ends.
    position: Position


def history(
    stream: str,
    *,
    limit: int = 0,
    since: Position | None = None,
    reverse: bool = False,
    most: int = MAX_EVENTS,
    max_bytes: int = MAX_BYTES,
) -> History:
    """Read a page of what a stream keeps, in one query for how far it goes and one for the page.

    A page may be shorter than asked for, since it is bounded in events and in bytes. Whoever goes on from the last
    event of each page, until one is empty, reads all without a hole, or is told that there would be one.

    Arguments:
        stream: the stream's name.
        limit: most events; 0 for the position alone, -1 for as many as there may be.
        since: the position before the page: onwards, offsets above it are read, and backwards offsets below it. An
            empty epoch is that of the stream. Offset 0 onwards, as None, means all that is kept.
        reverse: backwards, the newest first.
        most: events in a page, whatever the limit is.
        max_bytes: characters of their data; a single event may have more.
    Returns:
        The page, and where the stream ends.
    Raises:
        UnrecoverablePosition: `since` is of another life of the stream, or, onwards, older than what is kept, or beyond
            the stream's end.
        BadRequest: backwards from offset 0 there is nothing; or this is no stream's name.
        UnknownStream: this is no stream's name.
    """
    found = log.open_stream(stream)
    here = Position(found.epoch, found.head)
    if since is not None:
        _check(since, found, reverse)
    count = most if limit < 0 else min(limit, most)
    if not count:
        return History([], here)
    if reverse:
        before = found.head + 1 if since is None else min(since.offset, found.head + 1)
        return History(log.read_back(stream, before, count, max_bytes, epoch=found.epoch), here)
    after = found.floor if since is None else max(since.offset, found.floor)
    page = log.read(stream, after, count, max_bytes, epoch=found.epoch)
    if since is not None and since.offset and since.offset < found.head:
        _check_contiguous(page, since)
    # What was written since the look at the stream's end would be beyond the position that is told.
    return History([event for event in page if (event.offset or 0) <= found.head], here)


def _check(since: Position, found: Bounds, reverse: bool) -> None:
    if reverse and since.offset < 1:
        raise BadRequest("expected an offset of 1 or more to read backwards from, got 0")
    if since.epoch not in ("", found.epoch):
        raise UnrecoverablePosition("the stream has begun anew since that position")
    if not reverse and since.offset > found.head:
        raise UnrecoverablePosition("the position is beyond the stream's end")
    if not reverse and 0 < since.offset < found.floor:
        raise UnrecoverablePosition("events after that position are no longer kept")


def _check_contiguous(page: list[Event], since: Position) -> None:
    """Make sure that a page goes on where it should: meanwhile the stream may have been cut, or begun anew."""
    if not page or page[0].offset != since.offset + 1:
        raise UnrecoverablePosition("events after that position are no longer kept")
