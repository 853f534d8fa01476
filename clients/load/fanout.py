"""Posts into rooms with many readers, and measures how fast the messages get to everyone."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from clients.load.figures import Summary, rates_of
from clients.load.site import Site
from clients.load.swarm import Socket, Tally, open_all

#: Readers whose latencies are noted, at most: noting each one's would slow this program down.
SAMPLED = 50
#: Seconds between the last connection and the first message, and between two samples of the rate.
SETTLE = 1.0
SAMPLE = 0.25
#: Seconds below which no rate is told.
LEAST = 0.01
#: Seconds that readers get at the end for what is still under way.
DRAIN = 10.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """What load to put on a site."""

    site: Site
    rooms: int = 1
    #: Readers of each room.
    readers: int = 100
    #: Messages that are under way in each room at a time. A new one is posted when one has come back.
    window: int = 4
    #: Messages a second in all rooms together, whether they come back or not; None for as fast as the window goes.
    rate: float | None = None
    duration: float = 10.0
    #: Messages at most.
    most: int = 1_000_000
    seed: int = 0


class Fanout:
    """One run.

    Arguments:
        order: what to do.
        stop: set from outside, it ends the run early.
        say: told in a sentence what goes on.
    """

    def __init__(self, order: Order, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        self._order = order
        self._stop = stop
        self._say = say
        self._tally = Tally()
        # The sockets that post read too, and count for nothing.
        self._aside = Tally()
        self._posters: list[Socket] = []
        self._posted = 0
        self._posting = False
        self._began: float | None = None

    def progress(self) -> tuple[float, str]:
        """Return how much of it is done, 0 to 1, and what to say of it."""
        if self._began is None:
            return 0.0, "connecting"
        passed = asyncio.get_running_loop().time() - self._began
        return passed / self._order.duration, f"{self._tally.events / max(passed, LEAST):,.0f} deliveries a second"

    async def run(self) -> Summary:
        """Do it all, and return what came of it.

        Raises:
            NotLetIn: rooms could not be made, or readers do not get in.
        """
        order = self._order
        rooms = await order.site.make_rooms(order.rooms)
        clock = asyncio.get_running_loop().time
        began = clock()
        sockets = await self._open(rooms)
        opened = clock() - began
        try:
            self._say(f"{len(sockets):,} readers are in {len(rooms):,} rooms after {opened:.1f} s; posting")
            await asyncio.sleep(SETTLE)
            seconds, samples = await self._post()
            await self._drain(len(sockets))
        finally:
            for socket in [*sockets, *self._posters]:
                socket.leave()
        return self._judge(len(sockets), opened, seconds, samples)

    async def _open(self, rooms: list[str]) -> list[Socket]:
        site, order = self._order.site, self._order
        self._posters = await open_all([partial(site.open, room, self._aside) for room in rooms])
        every = max(1, order.rooms * order.readers // SAMPLED)
        openers = []
        for number in range(order.rooms * order.readers):
            place = number % order.rooms
            # The first reader of each room drives its poster.
            on_event = partial(self._came_back, place) if number < order.rooms else None
            openers.append(
                partial(site.open, rooms[place], self._tally, sampled=number % every == 0, on_event=on_event)
            )
        return await open_all(openers)

    def _came_back(self, place: int) -> None:
        if self._posting and self._order.rate is None:
            self._post_one(self._posters[place])

    def _post_one(self, poster: Socket) -> None:
        if self._posted >= self._order.most:
            self._stop.set()
        elif poster.is_open:
            poster.send(self._order.site.message())
            self._posted += 1

    async def _post(self) -> tuple[float, list[tuple[float, int]]]:
        """Post until the time is over. Returns the seconds it took, and samples of what had come by then."""
        loop = asyncio.get_running_loop()
        began = self._began = loop.time()
        self._posting = True
        timer = loop.call_later(self._order.duration, self._stop.set)
        pacing = asyncio.create_task(self._pace()) if self._order.rate is not None else None
        if pacing is None:
            for poster in self._posters:
                for _ in range(self._order.window):
                    self._post_one(poster)
        samples = [(0.0, 0)]
        while not self._stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(SAMPLE):
                    await self._stop.wait()
            samples.append((loop.time() - began, self._tally.events))
        self._posting = False
        timer.cancel()
        if pacing is not None:
            pacing.cancel()
        return samples[-1][0], samples

    async def _pace(self) -> None:
        """Post so many messages a second, in the rooms at random; what is late is made up for."""
        assert self._order.rate is not None
        chance, loop = random.Random(self._order.seed), asyncio.get_running_loop()
        began = loop.time() - self._posted / self._order.rate
        while True:
            due = int((loop.time() - began) * self._order.rate)
            for _ in range(due - self._posted):
                self._post_one(chance.choice(self._posters))
            await asyncio.sleep(0.001)

    async def _drain(self, readers: int) -> None:
        """Wait for what is still under way, so that what was not delivered can be told."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN
        expected = self._posted * self._order.readers if self._order.site.is_hub else self._posted * readers
        while self._tally.events < expected and loop.time() < deadline:
            await asyncio.sleep(0.05)

    def _judge(self, readers: int, opened: float, seconds: float, samples: list[tuple[float, int]]) -> Summary:
        order, tally = self._order, self._tally
        during = samples[-1][1]
        summary = Summary(f"{order.rooms:,} rooms of {order.readers:,} readers", latency=tally.latency)
        summary.add("readers", readers)
        summary.add("connects", readers / opened, "/s")
        summary.add("messages", self._posted)
        summary.add("messages a second", during / order.readers / seconds, "/s")
        summary.add("deliveries", tally.events)
        summary.add("deliveries a second", during / seconds, "/s")
        summary.add("payload", tally.bytes / 1e6, "MB")
        summary.add_latency("message to reader")
        summary.rates, summary.closes = rates_of(samples), dict(tally.closes)
        # Each room is read by its own readers, the one without a name by all of them.
        missing = self._posted * (order.readers if order.site.is_hub else readers) - tally.events
        if missing:
            summary.problems.append(f"expected {missing:,} deliveries more, which did not come within {DRAIN:g} s")
        if not self._posted or not tally.events:
            summary.problems.append("expected messages to be delivered, and none were")
        return summary
