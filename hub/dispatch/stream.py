"""One stream as one process follows it: who reads it here, and where they stand."""

import asyncio
from collections import deque

from hub.core.events import Announcement, Position
from hub.core.sequence import Sequence
from hub.deliver import EncodedEvent, Reader, fan_out
from hub.log import Bounds

#: Announcements kept while a stream is being opened. More are mended from the log like any other loss.
MAX_EARLY = 1_000
#: Seconds a stream is still followed after its last reader left: they often come back at once.
LINGER = 10.0


class StreamReset(Exception):
    """What a reader stands at is not the stream's any more: its client must load a snapshot."""


class LocalStream:
    """A stream that has, or just had, readers in this process.

    Arguments:
        name: the stream's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        #: Done once the stream is open.
        self.opening: asyncio.Future[None]
        #: Everyone who reads it here.
        self.readers: set[Reader] = set()
        #: Those who stand where the process stands, and get what comes.
        self.live: set[Reader] = set()
        #: Whether the layer is known to bring this stream's announcements.
        self.subscribed = False
        #: Events up to this offset are no longer kept.
        self.floor = 0
        #: Whether somebody has claimed to stand where the log has not been.
        self.doubted = False
        self._sequence: Sequence[EncodedEvent] | None = None
        #: Whether what is published here is kept.
        self.logged = True
        #: In steady seconds: until then what comes is held back, to go out together.
        self.rests_until = float("-inf")
        # What goes to the live readers next, all at once.
        self._ready: list[EncodedEvent] = []
        self._early: deque[Announcement] = deque(maxlen=MAX_EARLY)
        self._idle_since: float | None = None

    @property
    def opened(self) -> bool:
        """Whether it is known how far the stream goes."""
        return self._sequence is not None

    @property
    def sequence(self) -> Sequence[EncodedEvent]:
        """Where the process stands in the stream.

        Raises:
            AssertionError: the stream is not open yet; `opening` must be awaited first.
        """
        if self._sequence is None:
            raise AssertionError(f"{self.name} is used before it is open")
        return self._sequence

    @property
    def offset(self) -> int:
        """Offset of the last event passed on, 0 while it is not known."""
        return self._sequence.offset if self._sequence else 0

    def open(self, bounds: Bounds, ring_size: int, ring_bytes: int) -> None:
        """Begin to follow the stream at its end."""
        self.floor = bounds.floor
        self._sequence = Sequence(Position(bounds.epoch, bounds.head), ring_size, ring_bytes)

    def keep_early(self, announcement: Announcement) -> None:
        """Keep what is announced while the stream is being opened."""
        self._early.append(announcement)

    def take_early(self) -> list[Announcement]:
        """Hand over what was announced while the stream was being opened."""
        early, self._early = list(self._early), deque()
        return early

    def add(self, reader: Reader) -> None:
        """Add a reader, not live yet."""
        self.readers.add(reader)
        self._idle_since = None

    def discard(self, reader: Reader, now: float) -> None:
        """Forget a reader.

        Arguments:
            now: the time in steady seconds.
        """
        self.readers.discard(reader)
        self.live.discard(reader)
        if not self.readers:
            self._idle_since = now

    def make_ready(self, events: list[EncodedEvent]) -> bool:
        """Keep events for `flush`, in order. Returns whether it has to be called: nothing waited before."""
        first = not self._ready
        self._ready += events
        return first

    def flush(self) -> None:
        """Give the live readers what is ready. Whoever becomes live must do so after it, or would get that twice."""
        ready, self._ready = self._ready, []
        if ready and self.live:
            fan_out(self.live, ready)

    def park_all(self) -> None:
        """Have everyone read on from where they stand: some may have got what others did not."""
        for reader in self.live:
            reader.park()
        self.live.clear()

    def idle(self, now: float) -> bool:
        """Return whether nobody has read the stream for `LINGER` seconds, `now` being in steady seconds."""
        return self._idle_since is not None and now - self._idle_since >= LINGER
