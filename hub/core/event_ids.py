"""Ids of server-sent events that say where a reader stands in each of its streams, so that it can go on from there.

An EventSource keeps the id of the last event that it got, and sends it along when it comes back (`Last-Event-ID`, HTML
Living Standard, 9.2). An id is `<offset>.<epoch>.<stream>` for each stream, with blanks between.
"""

import re
from collections.abc import Iterable

from hub.core.events import Position
from hub.core.streams import MAX_STREAM_NAME

#: Most characters of an id. Servers and proxies take 8 KiB of headers or more, of which some is for others.
MAX_ID = 6_000
#: The id where it would be longer: what was missed since cannot be known.
NOWHERE = "-"

_PLACE = re.compile(rf"(0|[1-9][0-9]{{0,17}})\.([\w-]{{1,64}})\.([!-~]{{1,{MAX_STREAM_NAME}}})", re.ASCII)


class EventIds:
    """Where one reader stands in its streams, as the ids of its events.

    It is asked at each event: what has not changed is not written anew.
    """

    __slots__ = ("_places",)

    def __init__(self) -> None:
        # Epoch and place of each stream.
        self._places: dict[str, tuple[str, str]] = {}

    def __contains__(self, stream: str) -> bool:
        return stream in self._places

    def __str__(self) -> str:
        return _joined(place for _, place in self._places.values())

    def enter(self, stream: str, position: Position) -> None:
        """Take note that a stream is read from a position on. One without an epoch is none to come back to."""
        if position.epoch:
            self._places[stream] = (position.epoch, _place(stream, position.epoch, position.offset))
        else:
            self.leave(stream)

    def leave(self, stream: str) -> None:
        """Take note that a stream is not read any more."""
        self._places.pop(stream, None)

    def at(self, stream: str, offset: int) -> str:
        """Return the id of an event of a stream that is read from some position on."""
        return _joined(
            _place(name, epoch, offset) if name == stream else place for name, (epoch, place) in self._places.items()
        )

    def advance(self, stream: str, offset: int) -> None:
        """Take note that an event was sent. Where its stream was left meanwhile, it is nothing to come back to."""
        if stream in self._places:
            epoch, _ = self._places[stream]
            self._places[stream] = (epoch, _place(stream, epoch, offset))


def _place(stream: str, epoch: str, offset: int) -> str:
    return f"{offset}.{epoch}.{stream}"


def _joined(places: Iterable[str]) -> str:
    text = " ".join(places)
    return text if len(text) <= MAX_ID else NOWHERE


def read_event_id(text: str) -> dict[str, Position] | None:
    """Return the positions of an id, by stream; None where it tells none, being `NOWHERE` or somebody else's.

    Arguments:
        text: as it came from a client.
    """
    if len(text) > MAX_ID:
        return None
    places = [_PLACE.fullmatch(part) for part in text.split(" ")]
    found = {place[3]: Position(place[2], int(place[1])) for place in places if place is not None}
    return found if len(found) == len(places) else None
