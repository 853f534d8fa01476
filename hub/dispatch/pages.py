"""Pages of the log that this process has read, for all its readers that stand where they begin, or further on."""

from bisect import bisect_right, insort
from collections import OrderedDict

from hub.deliver import EncodedEvent
from hub.dispatch.stream import LocalStream

#: An event is held as it was logged, as a message and as a frame.
FORMS = 3


class Pages:
    """The pages used last, of all streams together.

    A page is part of one life of a stream, as a `LocalStream` is: whoever lets go of one calls `forget`.

    Arguments:
        room: about how many bytes they may take (P4).
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        # By stream and the offset of the first event, those used last at the end.
        self._pages: OrderedDict[tuple[LocalStream, int], list[EncodedEvent]] = OrderedDict()
        self._firsts: dict[LocalStream, list[int]] = {}

    @property
    def used(self) -> int:
        """About how many bytes they take."""
        return self._used

    def find(self, local: LocalStream, after: int) -> list[EncodedEvent]:
        """Return the events that follow an offset, to the end of a page; none where no page has them."""
        firsts = self._firsts.get(local, [])
        place = bisect_right(firsts, after + 1)
        if not place:
            return []
        key = local, firsts[place - 1]
        found = rest(self._pages[key], after)
        if found:
            self._pages.move_to_end(key)
        return found

    def keep(self, local: LocalStream, page: list[EncodedEvent]) -> None:
        """Keep a page of offsets without a hole, one event at least, until others need its room."""
        first = page[0].offset
        if first is None:
            raise ValueError("an ephemeral event is on no page of the log")
        if (local, first) in self._pages:
            self._drop(local, first)
        self._pages[local, first] = page
        insort(self._firsts.setdefault(local, []), first)
        self._used += _size(page)
        while self._used > self._room:
            self._drop(*next(iter(self._pages)))

    def forget(self, local: LocalStream) -> None:
        """Let go of all pages of a stream."""
        for first in self._firsts.get(local, [])[:]:
            self._drop(local, first)

    def _drop(self, local: LocalStream, first: int) -> None:
        self._used -= _size(self._pages.pop((local, first)))
        firsts = self._firsts[local]
        firsts.remove(first)
        if not firsts:
            del self._firsts[local]


def rest(page: list[EncodedEvent], after: int) -> list[EncodedEvent]:
    """Return the events of a page that follow an offset, none where the next one is not on it."""
    if not page or page[0].offset is None or after + 1 < page[0].offset:
        return []
    # Offsets have no holes, so a place in it is a difference of offsets.
    return page[after + 1 - page[0].offset :]


def _size(page: list[EncodedEvent]) -> int:
    return FORMS * sum(event.size for event in page)
