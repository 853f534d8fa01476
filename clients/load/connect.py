"""Opens many connections and holds them: how fast they get in, and how many stay."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from clients.load.figures import Summary, rates_of
from clients.load.site import Site
from clients.load.swarm import Tally, open_all

#: Seconds between two samples of how many are open.
SAMPLE = 0.25


@dataclass(frozen=True, kw_only=True)
class Order:
    """What connections to hold."""

    site: Site
    rooms: int = 1
    connections: int = 1_000
    #: Connections begun a second; None for as fast as it goes.
    rate: float | None = None
    #: Seconds that all of them are held.
    hold: float = 10.0


class Connect:
    """One run.

    Arguments:
        order: what to do.
        stop: set from outside, it ends the holding early.
        say: told in a sentence what goes on.
    """

    def __init__(self, order: Order, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        self._order = order
        self._stop = stop
        self._say = say
        self._open = 0

    async def run(self) -> Summary:
        """Do it all, and return what came of it.

        Raises:
            NotLetIn: rooms could not be made, or a connection was refused.
        """
        order, tally, loop = self._order, Tally(), asyncio.get_running_loop()
        rooms = await order.site.make_rooms(order.rooms)
        openers = [partial(order.site.open, rooms[number % order.rooms], tally) for number in range(order.connections)]
        began = loop.time()
        samples: list[tuple[float, int]] = [(0.0, 0)]
        sampling = asyncio.create_task(self._sample(samples, began))
        try:
            sockets = await open_all(openers, rate=order.rate, told=self._told)
        finally:
            sampling.cancel()
        took = loop.time() - began
        samples.append((took, len(sockets)))
        self._say(f"{len(sockets):,} connections after {took:.1f} s; holding them for {order.hold:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(order.hold):
                await self._stop.wait()
        held = sum(socket.is_open for socket in sockets)
        for socket in sockets:
            socket.leave()
        summary = Summary(f"{order.connections:,} connections", rates=rates_of(samples), closes=dict(tally.closes))
        summary.add("connections", len(sockets))
        summary.add("connects", len(sockets) / took, "/s")
        summary.add("held to the end", held)
        if held < len(sockets):
            summary.problems.append(f"expected all connections to be held, {len(sockets) - held:,} were lost")
        return summary

    def progress(self) -> tuple[float, str]:
        """Return how much of it is done, 0 to 1, and what to say of it."""
        return self._open / self._order.connections, f"{self._open:,} connections"

    def _told(self, count: int) -> None:
        self._open = count

    async def _sample(self, samples: list[tuple[float, int]], began: float) -> None:
        while True:
            await asyncio.sleep(SAMPLE)
            samples.append((asyncio.get_running_loop().time() - began, self._open))
