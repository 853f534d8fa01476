"""Readers of numbered events, and a look at what they cost the server that serves them."""

import asyncio
import json
import statistics
import time
from pathlib import Path

import psutil

from clients.load.link import Link

#: Seconds between two looks at the memory.
LOOK = 0.1
#: Seconds in which readers get what was published, on a slow machine.
PATIENCE = 300.0


class Reader:
    """Reads numbered events over one connection, which it never makes anew."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._last = 0
        self.delays: list[float] = []
        #: Whether nothing was missing, doubled or out of order so far.
        self.in_order = True
        self._reading = asyncio.Event()
        self._reading.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._reading.wait()
            event = json.loads(await self._link.receive())
            if event.get("type") != "flood":
                continue
            number = event["data"]["number"]
            self.in_order = self.in_order and number == self._last + 1
            self._last = number
            self.delays.append(time.time() - event["data"]["at"])

    def stop(self) -> None:
        """Read no more, from the next message on."""
        self._reading.clear()

    def go_on(self) -> None:
        """Read on."""
        self._reading.set()

    async def reached(self, number: int) -> None:
        """Wait until it has read the event with this number."""
        deadline = time.monotonic() + PATIENCE
        while self._last < number:
            assert time.monotonic() < deadline, f"expected event {number}, got {self._last}"
            await asyncio.sleep(0.05)


class Memory:
    """Looks at a process again and again."""

    def __init__(self, process: psutil.Process, port: int) -> None:
        self._process = process
        self._port = port
        self.looks: list[int] = []
        self.kernel = 0

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            self.looks.append(self._process.memory_info().rss)
            self.kernel = max(self.kernel, _most_queued(self._port))
            await asyncio.sleep(LOOK)

    @property
    def usual(self) -> int:
        """The median of the second half of the looks: the first half finds the level."""
        return round(statistics.median(self.looks[len(self.looks) // 2 :]))


def _most_queued(port: int) -> int:
    """Return the bytes that the kernel keeps for the slowest of a port's connections (proc_net_tcp(5), tx_queue)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    queues = [int(row[4].split(":")[0], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]
    return max(queues, default=0)
