"""Looking into the log, and replaying what is in it: what a client does with events, in a few lines."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hub.core.events import Position
from hub.core.types import JSONObject
from hub.log import position, read

#: What a client holds of a stream's subject, and the position that it belongs to.
Snapshot = tuple[JSONObject, Position]
#: Changes what a client holds as an event of a type, with its data, says.
Reducer = Callable[[JSONObject, str, JSONObject], None]


def events_of(stream: str, after: int = 0) -> list[tuple[str, JSONObject]]:
    """Return type and data of a stream's events above an offset, which have no hole among them."""
    events = read(stream, after, 10_000)
    assert [event.offset for event in events] == list(range(after + 1, after + 1 + len(events)))
    return [(event.type, json.loads(event.data)) for event in events]


def types_of(stream: str, after: int = 0) -> list[str]:
    """Return the types of a stream's events above an offset."""
    return [type_ for type_, _ in events_of(stream, after)]


def head_of(stream: str) -> int:
    """Return the offset of a stream's last event."""
    return position(stream).offset


@contextmanager
def replayed(fetch: Callable[[], Snapshot], reduce: Reducer, stream: str, *types: str) -> Iterator[None]:
    """Check that a snapshot of before the block, with the block's events applied, equals one of after it.

    Arguments:
        fetch: takes a snapshot.
        reduce: applies an event to one.
        types: the events that the block is expected to publish, in order.
    """
    stale, at = fetch()
    yield
    events = events_of(stream, at.offset)
    assert [type_ for type_, _ in events] == list(types)
    for type_, data in events:
        reduce(stale, type_, data)
    fresh, head = fetch()
    assert stale == fresh
    assert head.offset == at.offset + len(types)
    # A snapshot may hold more than its position says, since the position is read first. Nothing comes of that.
    for type_, data in events:
        reduce(fresh, type_, data)
    assert fresh == stale


def position_of(body: Any) -> Position:
    """Return the position in the body of a page."""
    return Position(body["position"]["epoch"], body["position"]["offset"])
