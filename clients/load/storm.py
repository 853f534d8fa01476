"""Lets many readers come back at once, each some messages behind: how long until all have caught up."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from clients.load.figures import Summary, rates_of
from clients.load.latency import Histogram
from clients.load.site import Site
from clients.load.swarm import NotLetIn, Socket, Tally

#: Seconds in which the messages have to be in the log, and all readers at the end again.
PATIENCE = 120.0
SAMPLE = 0.25
#: Seconds between two tries of a reader that was not let in: a server that is busy says so.
RETRY = 0.2


@dataclass(frozen=True, kw_only=True)
class Order:
    """What storm to raise."""

    site: Site
    rooms: int = 10
    #: Readers in all.
    readers: int = 1_000
    #: Messages that each of them is behind.
    behind: int = 50


class Storm:
    """One run.

    Arguments:
        order: what to do.
        say: told in a sentence what goes on.
    """

    def __init__(self, order: Order, say: Callable[[str], None]) -> None:
        self._order = order
        self._say = say
        self._refused = 0
        self._tally = Tally()

    def progress(self) -> tuple[float, str]:
        """Return how much of it is done, 0 to 1, and what to say of it."""
        events = self._tally.events
        return events / (self._order.readers * self._order.behind), f"{events:,} deliveries"

    async def run(self) -> Summary:
        """Do it all, and return what came of it.

        Raises:
            NotLetIn: rooms could not be made, or the messages were not taken.
        """
        order, loop = self._order, asyncio.get_running_loop()
        rooms = await order.site.make_rooms(order.rooms)
        positions = [await self._post(room) for room in rooms]
        self._say(f"{order.behind} messages are in each of {order.rooms} rooms; {order.readers:,} readers come back")
        tally, began = self._tally, loop.time()
        at_end, samples = Histogram(), [(0.0, 0)]
        sampling = asyncio.create_task(self._sample(tally, samples, began))
        # All at once: that is what a storm is.
        readers = (self._come_back(tally, at_end, rooms, positions, number, began) for number in range(order.readers))
        try:
            sockets = await asyncio.gather(*readers)
        finally:
            sampling.cancel()
        took = loop.time() - began
        samples.append((took, tally.events))
        for socket in sockets:
            socket.leave()
        summary = Summary(f"{order.readers:,} readers come back", latency=at_end, closes=dict(tally.closes))
        summary.rates = rates_of(samples)
        summary.add("readers", order.readers)
        summary.add("behind", order.behind)
        summary.add("all at the end after", took, "s")
        summary.add("deliveries a second", tally.events / took, "/s")
        summary.add("tries refused", self._refused)
        summary.add_latency("back at the end")
        extra = tally.events - order.readers * order.behind
        if extra:
            summary.problems.append(f"expected {order.readers * order.behind:,} deliveries, got {extra:,} more")
        return summary

    async def _post(self, room: str) -> dict[str, str]:
        """Post what readers will be behind, and return the position before it."""
        tally, came = Tally(), asyncio.Event()
        socket = await self._order.site.open(room, tally, on_event=came.set)
        hello = json.loads(socket.hello.result())["hello"]
        try:
            async with asyncio.timeout(PATIENCE):
                for number in range(self._order.behind):
                    socket.send(self._order.site.message())
                    while tally.events <= number:
                        came.clear()
                        await came.wait()
        except TimeoutError:
            raise NotLetIn(f"expected {self._order.behind} messages to be taken, got {tally.events} back") from None
        finally:
            socket.leave()
        return {"since": str(hello["offset"]), "epoch": str(hello["epoch"])}

    async def _come_back(
        self,
        tally: Tally,
        at_end: Histogram,
        rooms: list[str],
        positions: list[dict[str, str]],
        number: int,
        began: float,
    ) -> Socket:
        place, came = number % len(rooms), asyncio.Event()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    socket = await self._order.site.open(rooms[place], tally, on_event=came.set, since=positions[place])
                    break
                except NotLetIn:
                    self._refused += 1
                    await asyncio.sleep(RETRY)
            while socket.events < self._order.behind:
                came.clear()
                await came.wait()
        at_end.add(int((loop.time() - began) * 1e6))
        return socket

    async def _sample(self, tally: Tally, samples: list[tuple[float, int]], began: float) -> None:
        while True:
            await asyncio.sleep(SAMPLE)
            samples.append((asyncio.get_running_loop().time() - began, tally.events))
