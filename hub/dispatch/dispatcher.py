"""The dispatcher of a server process: takes announcements, keeps order and mends gaps from the log (P3).

Announcements may be lost, doubled and reordered: what readers
get depends on the log alone, an announcement only says sooner that there is something to get.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from hub import log
from hub.background import Background
from hub.batching import Batch
from hub.conf import conf
from hub.core.errors import HubError
from hub.core.events import Announcement, Position
from hub.database import in_database
from hub.deliver import EncodedEvent, Reader, first_bytes
from hub.dispatch.joining import Joined, place
from hub.dispatch.link import LayerLink
from hub.dispatch.reading import SharedReading
from hub.dispatch.stream import LocalStream, StreamReset
from hub.log import Bounds

logger = logging.getLogger(__name__)

#: Streams that are subscribed to at once after the channel layer was away.
LINK_UP_AT_ONCE = 100
#: Seconds after which a reader that is behind asks again, where the database did not answer; up to twice as many.
RETRY = 0.5
#: Seconds that a process which starts waits for the channel layer.
START_WAIT = 2.0


#: Opens a stream together with those that are opened at the same time.
open_stream: Batch[str, Bounds] = Batch(log.open_streams)
#: Seconds that a logged stream rests at most after its readers were written to. It rests as long as that took: a large
#: one has half of the event loop at most, what commits its events has the other, and more goes out in each write.
MAX_REST = 0.02
#: How far a stream goes that is not logged.
NO_HISTORY = Bounds("", 0, 0)


class Dispatcher:
    """Follows the streams that this process has readers of.

    Arguments:
        link: the process's side of the channel layer.
        clock: returns steady seconds.
        has_history: says whether a stream is logged. One that is not has nothing but what is announced.
    """

    def __init__(
        self,
        link: LayerLink,
        *,
        clock: Callable[[], float] = time.monotonic,
        has_history: Callable[[str], bool] = lambda stream: True,
    ) -> None:
        self._link = link
        self._has_history = has_history
        self._clock = clock
        self._streams: dict[str, LocalStream] = {}
        self._repairs: dict[str, asyncio.Task[None]] = {}
        self._background = Background()
        self._shared = SharedReading(self._read, lambda local: self._streams.get(local.name) is local)
        link.on_announcement = self._on_announcement
        link.on_recovered = self._on_recovered
        #: Called when anything said on the layer may have been missed; must not block.
        self.on_recovered: Callable[[], None] = lambda: None

    @property
    def streams(self) -> int:
        """How many streams this process follows."""
        return len(self._streams)

    @property
    def readers(self) -> int:
        """How many readers this process has, live and behind."""
        return sum(len(local.readers) for local in self._streams.values())

    def counts(self) -> dict[str, int]:
        """Return how many readers each stream has that has any."""
        return {name: len(local.readers) for name, local in self._streams.items() if local.readers}

    @property
    def healthy(self) -> bool:
        """Whether announcements come in; if not, readers are served from the log, with a latency of seconds."""
        return self._link.healthy

    async def start(self) -> None:
        """Begin to receive and to sweep. Waits a moment for the layer, and goes on without it (P6)."""
        self._background.spawn(self._link.receive_forever(), "hub-receive")
        self._background.spawn(self._link.beat_forever(), "hub-beat")
        self._background.spawn(self.sweep_forever(), "hub-sweep")
        await self._link.wait_healthy(START_WAIT)

    async def stop(self) -> None:
        """End everything that runs beside. Readers are not told."""
        await self._background.stop()
        await self._shared.stop()

    async def join(self, reader: Reader, since: Position | None) -> Joined:
        """Let a reader join its stream.

        Arguments:
            reader: new; its `run` must be started afterwards with `catch_up`.
            since: the position to go on from, with an empty epoch where the client knows none; None for the end.
        Returns:
            The position that the reader stands at: the next event it gets has the next offset.
        Raises:
            HubError: the stream has no valid name, or the database does not answer.
        """
        local = self._streams.get(reader.stream)
        if local is None:
            local = self._streams[reader.stream] = LocalStream(reader.stream)
            local.opening = self._background.spawn(self._open(local), f"hub-open-{local.name}")
        local.add(reader)
        try:
            await asyncio.shield(local.opening)
            joined = await self._place(local, since)
        except BaseException:
            self.leave(reader)
            raise
        reader.sent = joined.position.offset
        return joined

    def leave(self, reader: Reader) -> None:
        """Forget a reader. A stream without readers is let go by the next sweep."""
        if (local := self._streams.get(reader.stream)) is not None:
            reader.live = False
            local.discard(reader, self._clock())

    async def catch_up(self, reader: Reader) -> list[EncodedEvent]:
        """Return the next events for a reader that is behind, from the ring or the log, or make it live.

        While the database does not answer it returns none, after a pause: the reader is still behind, and asks again.

        Raises:
            StreamReset: what follows is no longer kept, or the stream began anew: the client must load a snapshot.
        """
        local = self._streams.get(reader.stream)
        if local is None or reader not in local.readers:
            raise StreamReset(reader.stream)
        # No await between this comparison and the entry: nothing can be offered in between.
        if reader.sent == local.sequence.offset:
            self._flush(local)
            local.live.add(reader)
            reader.live = True
            return []
        try:
            return await self._page(local, reader.sent)
        except HubError as error:
            if not error.temporary:
                raise
            # The reader stays, and asks again. Not all of them at the same moment, when the database is back.
            await asyncio.sleep(RETRY * (1 + random.random()))
            return []

    async def missed(self, reader: Reader) -> list[EncodedEvent]:
        """Return the first events that a reader which has joined has to catch up with, and leave it behind.

        Raises:
            StreamReset: as `catch_up`.
            HubError: the database does not answer.
        """
        local = self._streams.get(reader.stream)
        if local is None or reader not in local.readers:
            raise StreamReset(reader.stream)
        return [] if reader.sent == local.sequence.offset else await self._page(local, reader.sent)

    async def _page(self, local: LocalStream, after: int) -> list[EncodedEvent]:
        """Return the events after an offset that is known to be followed by another one, from the ring or the log."""
        page = local.sequence.since(after)
        if page is None:
            page = await self._shared.page(local, after)
            if not page or page[0].offset != after + 1:
                raise StreamReset(local.name)
        # Whoever is slow holds what it was given, for as long as it likes: so it is given little at a time (P4).
        return first_bytes(page, conf.PAGE_BYTES)

    async def sweep(self, names: list[str]) -> None:
        """Compare streams with the log, and mend those that have missed something.

        Arguments:
            names: streams, of those that this process follows.
        Raises:
            HubError: the database does not answer.
        """
        before = {name: self._streams[name].offset for name in names if name in self._streams}
        for first in range(0, len(names), conf.PAGE_SIZE):
            found = await in_database(log.bounds, names[first : first + conf.PAGE_SIZE])
            for name, bounds in found.items():
                local = self._streams.get(name)
                if local is None or not local.opened or name not in before:
                    continue
                # Compared with the offset before the read: the stream may have grown since.
                anew = bounds.epoch != local.sequence.epoch or bounds.head < before[name]
                # What was not passed on and is no longer kept cannot come any more: to wait for it is to wait for ever.
                if anew or local.sequence.offset < bounds.floor:
                    self._reset(local)
                    continue
                local.floor = bounds.floor
                self._pass_on(local, [], bounds.head)

    async def sweep_forever(self) -> None:
        """Compare all streams with the log once in `HUBBUB_SWEEP_INTERVAL`, a part of them every second.

        While the layer is cut, all of them every second. Also lets go of streams that nobody reads any more.
        """
        place = 0
        while True:
            await asyncio.sleep(1)
            names = list(self._streams)
            count = len(names) if not self._link.healthy else round(len(names) / conf.SWEEP_INTERVAL + 0.5)
            place = place if place < len(names) else 0
            part, place = names[place : place + count], place + count
            try:
                # What was announced before a subscription works did not come: so those are looked at too, afterwards.
                # (Those that are being opened are subscribed to just now.)
                deaf = [local.name for local in self._streams.values() if local.opened and not local.subscribed]
                await self._link_up(deaf)
                await self.sweep(list({*deaf, *part}))
                await self._let_go()
            except HubError as error:
                logger.warning("a sweep failed: %s", error, extra={"action": "sweep_failed"})
            except Exception:
                # Whatever fails now is tried again in a second; the sweep itself must never end.
                logger.exception("a sweep failed", extra={"action": "sweep_failed"})

    async def _open(self, local: LocalStream) -> None:
        """Follow a stream: subscribe first, then read how far it goes, so that nothing falls in between."""
        try:
            local.subscribed = await self._link.subscribe(local.name)
            local.logged = self._has_history(local.name)
            bounds = await open_stream(local.name) if local.logged else NO_HISTORY
        except BaseException:
            # By now another one may have its place.
            if self._streams.get(local.name) is local:
                del self._streams[local.name]
            raise
        local.open(bounds, conf.RING_SIZE, conf.RING_BYTES)
        for announcement in local.take_early():
            self._on_announcement(announcement)

    async def _place(self, local: LocalStream, since: Position | None) -> Joined:
        if since is None:
            return Joined(local.sequence.position, recovered=True)
        if since.offset > local.sequence.offset:
            # The client came from a process that was ahead of this one, or the log was restored from a backup.
            await self.sweep([local.name])
            await self._read_up_to(local, since.offset)
        return place(local, since)

    def _on_announcement(self, announcement: Announcement) -> None:
        local = self._streams.get(announcement.stream)
        if local is None:
            return
        if not local.opened:
            local.keep_early(announcement)
            return
        ephemeral = [EncodedEvent(event, local.name) for event in announcement.events if event.offset is None]
        if ephemeral:
            self._give(local, ephemeral)
        if not announcement.head:
            return
        logged = [EncodedEvent(event, local.name) for event in announcement.events if event.offset is not None]
        if announcement.epoch != local.sequence.epoch:
            # Either this process or the announcement is of a former life of the stream: the log knows.
            self._background.spawn(self.sweep([local.name]), f"hub-sweep-{local.name}")
            return
        self._pass_on(local, logged, announcement.head)

    def _pass_on(self, local: LocalStream, events: list[EncodedEvent], head: int) -> None:
        """Give readers what follows without a hole; where there is a hole, begin to mend it."""
        if ready := local.sequence.accept(events, head):
            self._give(local, ready)
        repair = self._repairs.get(local.name)
        if local.sequence.behind and (repair is None or repair.done()):
            self._repairs[local.name] = self._background.spawn(self._repair(local), f"hub-repair-{local.name}")

    def _give(self, local: LocalStream, events: list[EncodedEvent]) -> None:
        # A turn of the event loop later, or when the stream has rested: what was announced just behind it goes along,
        # in one write for each reader.
        if local.make_ready(events):
            loop = asyncio.get_running_loop()
            if (rest := local.rests_until - self._clock()) > 0:
                loop.call_later(rest, self._flush, local)
            else:
                loop.call_soon(self._flush, local)

    def _flush(self, local: LocalStream) -> None:
        began = self._clock()
        try:
            local.flush()
        except Exception:
            # Whoever did not get it must not get what follows it (P3).
            logger.exception("events could not be given out", extra={"action": "fan_out_failed", "stream": local.name})
            local.park_all()
        if local.logged:
            ended = self._clock()
            local.rests_until = max(local.rests_until, ended + min(ended - began, MAX_REST))

    async def _repair(self, local: LocalStream) -> None:
        try:
            while local.sequence.behind and self._streams.get(local.name) is local:
                before = local.sequence.offset
                page = await self._read(local, before)
                if page and page[0].offset != before + 1:
                    self._reset(local)
                if not page or local.sequence.offset == before:
                    # Announced and not to be read: the sweep decides, by what the log says of itself.
                    return
        except HubError as error:
            fields = {"action": "repair_failed", "stream": local.name}
            logger.warning("a gap could not be mended yet: %s", error, extra=fields)
        except Exception:
            logger.exception("a gap could not be mended yet", extra={"action": "repair_failed", "stream": local.name})

    async def _read(self, local: LocalStream, after: int) -> list[EncodedEvent]:
        """Read a page of the log; what this process did not know of it goes to the live readers too."""
        # Of this life of the stream alone: after a backup was restored, the same offsets are other events.
        epoch = local.sequence.epoch
        events = await in_database(log.read, local.name, after, conf.PAGE_SIZE, conf.PAGE_BYTES, epoch=epoch)
        page = [EncodedEvent(event, local.name) for event in events]
        if self._streams.get(local.name) is local:
            self._pass_on(local, [event for event in page if (event.offset or 0) > local.sequence.offset], 0)
        return page

    async def _read_up_to(self, local: LocalStream, offset: int) -> None:
        """Read the log up to an offset, or to its end where that comes first.

        Raises:
            HubError: the database does not answer; how far the log goes is then not known.
        """
        while (before := local.sequence.offset) < offset:
            await self._read(local, before)
            if local.sequence.offset == before:
                return

    def _reset(self, local: LocalStream) -> None:
        """Let everyone load a snapshot: what this process knows of the stream is no longer so."""
        self._streams.pop(local.name, None)
        self._shared.forget(local)
        for reader in list(local.readers):
            reader.live = False
            reader.wake()
        local.live.clear()

    def _on_recovered(self) -> None:
        self.on_recovered()
        self._background.spawn(self._catch_up_all(), "hub-recovery")

    async def _catch_up_all(self) -> None:
        names = list(self._streams)
        await self._link_up(names)
        await self.sweep(names)

    async def _link_up(self, names: list[str]) -> None:
        for first in range(0, len(names), LINK_UP_AT_ONCE):
            if not self._link.healthy:
                return
            await asyncio.gather(*map(self._link_up_one, names[first : first + LINK_UP_AT_ONCE]))

    async def _link_up_one(self, name: str) -> None:
        if (local := self._streams.get(name)) is not None:
            local.subscribed = await self._link.subscribe(name)

    async def _let_go(self) -> None:
        # Those few first, without a word to each of the others: there may be thousands, and all else waits meanwhile.
        for local in [local for local in self._streams.values() if not local.readers]:
            # Looked at again for each: while the one before was let go, a reader may have come.
            if self._streams.get(local.name) is not local or not local.idle(self._clock()):
                continue
            del self._streams[local.name]
            self._repairs.pop(local.name, None)
            self._shared.forget(local)
            # A reader who comes meanwhile subscribes anew, and the layer keeps the order of the two.
            await self._link.unsubscribe(local.name)
