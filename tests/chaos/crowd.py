"""`python -m tests.chaos.crowd`: a thousand people join one room within seconds, and leave; prints what it cost.

It fails (exit status 1) where who is there is not right within ten seconds, or where one reader is told of more than
the whole once a second and of as many single joins and leaves as a small room may have.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil

from clients.load.link import Link, LinkClosed, Server, open_link, request
from tests.chaos.scene import prepared, running_hub
from tests.servers import HubServer, temporary_var

#: Seconds in which presence has to be right after the last one came, or went.
RIGHT_WITHIN = 10.0
#: Seconds after which it is given up.
GIVEN_UP = 120.0
#: Connections beyond which the whole is told in the place of joins and leaves, where nothing else is set.
LARGE = 50
#: Handshakes under way at once.
AT_ONCE = 50
PATH = "/ws/chat/lobby/"
#: Users are made beside the hub, with a token each: presence counts people.
MAKE_USERS = """
from datetime import timedelta
from django.contrib.auth.models import User
from hub import tokens
User.objects.bulk_create(User(username=f"crowd{number}", password="!") for number in range(COUNT))
for user in User.objects.filter(username__startswith="crowd").order_by("pk"):
    print("token", tokens.issue(user, timedelta(hours=1)))
"""


class Wrong(Exception):
    """Something was not as it has to be. Its text is a sentence."""


@dataclass
class Watcher:
    """Somebody who was there before, and is told who comes and goes."""

    link: Link
    told: Counter[str] = field(default_factory=Counter)
    #: Events in the second in which most came.
    seconds: Counter[int] = field(default_factory=Counter)

    async def watch(self) -> None:
        """Count what comes, until cancelled."""
        while True:
            message = json.loads(await self.link.receive())
            if str(message.get("type")).startswith("presence."):
                self.told[message["type"]] += 1
                self.seconds[int(time.monotonic())] += 1

    def report(self, what: str, seconds: float) -> None:
        """Print what was told, and begin anew.

        Raises:
            Wrong: it was too much.
        """
        told, most = Counter(self.told), max(self.seconds.values(), default=0)
        self.told.clear()
        self.seconds.clear()
        wholes, singles = told["presence.changed"], told["presence.joined"] + told["presence.left"]
        print(f"  one reader was told of {singles} people and {wholes} times of the whole; {most} events in one second")
        # The whole once a second; and once more where a second began.
        if wholes > seconds + 2 or singles > 2 * LARGE:
            raise Wrong(f"expected joins and leaves to be merged while the crowd {what}: {dict(told)}")


class Processor:
    """The processor time of a hub's processes, by what they are."""

    def __init__(self, hub: HubServer) -> None:
        self._groups = {"servers": hub.processes_of("hub.server"), "Redis": hub.processes_of("redis-server")}
        self._before = self._now()

    def report(self) -> None:
        """Print the seconds used since the last report."""
        now = self._now()
        used = ", ".join(f"{name} {now[name] - self._before[name]:.1f} s" for name in now)
        self._before = now
        print(f"  processor time: {used}")

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_used, group)) for name, group in self._groups.items()}


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def main(count: int) -> None:
    """Let a crowd come and go.

    Raises:
        Wrong: presence was wrong for too long, or too much was told.
    """
    with prepared() as pattern:
        async with running_hub(pattern, temporary_var()) as hub:
            made = await asyncio.to_thread(hub.manage, "shell", "--command", MAKE_USERS.replace("COUNT", str(count)))
            tokens = [line.split()[1] for line in made.stdout.splitlines() if line.startswith("token ")]
            if len(tokens) != count:
                raise Wrong(f"expected {count} tokens, got: {made.stdout[-200:]} {made.stderr[-400:]}")
            demo = Server(hub.url, (await asyncio.to_thread(hub.manage, "token", "demo")).stdout.strip())
            await _come_and_go(hub, demo, [Server(hub.url, token) for token in tokens])


async def _come_and_go(hub: HubServer, demo: Server, crowd: list[Server]) -> None:
    watcher = Watcher(await open_link(demo, PATH))
    watching = asyncio.create_task(watcher.watch())
    processor = Processor(hub)
    began = time.monotonic()
    links, readings = await _join(crowd)
    joined = time.monotonic()
    print(f"{len(links)} sockets joined within {joined - began:.1f} s")
    listed = min(len(crowd) + 1, 200)
    right = await _until_right(demo, total=len(crowd) + 1, listed=listed)
    print(f"  right {right:.1f} s after the last")
    await _pause_after(right)
    watcher.report("comes", time.monotonic() - began)
    processor.report()

    began = time.monotonic()
    for reading in readings:
        reading.cancel()
    for link in links:
        link.drop()
    gone = await _until_right(demo, total=1, listed=1)
    print(f"all left; right {gone:.1f} s after")
    await _pause_after(gone)
    watcher.report("goes", time.monotonic() - began)
    processor.report()
    watching.cancel()
    watcher.link.drop()
    if max(right, gone) > RIGHT_WITHIN:
        raise Wrong(f"expected presence to be right within {RIGHT_WITHIN:g} s")


async def _join(crowd: list[Server]) -> tuple[list[Link], list["asyncio.Task[None]"]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter(server: Server) -> Link:
        async with gate:
            link = await open_link(server, PATH)
            await link.receive()
            return link

    links = await asyncio.gather(*map(enter, crowd))
    # They take what they are told: a crowd that does not read would cost less.
    return links, [asyncio.create_task(_take(link.receive)) for link in links]


async def _take(receive: Callable[[], Awaitable[str]]) -> None:
    try:
        while True:
            await receive()
    except LinkClosed:
        return


async def _until_right(server: Server, *, total: int, listed: int) -> float:
    """Ask until the answer is right; return the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < GIVEN_UP:
        status, found = await request(server, "GET", "/api/v1/rooms/lobby/presence/")
        users = found.get("users")
        if status == 200 and found["total"] == found["connections"] == total:
            assert isinstance(users, list) and len(users) == listed
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    raise Wrong(f"expected {total} people in the room within {GIVEN_UP:g} s, got {found}")


async def _pause_after(seconds: float) -> None:
    """Wait for the last telling of the whole."""
    await asyncio.sleep(max(2.0, 4.0 - seconds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.crowd", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000, help="how many come (default: 1000)")
    try:
        asyncio.run(main(parser.parse_args().people))
    except Wrong as wrong:
        sys.exit(f"crowd: {wrong}")
