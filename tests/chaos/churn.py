"""Clients that come and go, many a second: each does a little of what clients do, and leaves in one way or another."""

import asyncio
import json
import uuid
from collections import Counter, deque
from contextlib import suppress
from random import Random

from clients.load.link import Link, LinkClosed, Server, open_link, request

#: Seconds for which a client stays, on average.
STAY = 2.0
#: Seconds that a client waits for the hello.
HELLO = 20.0
#: Seconds between two new rooms, and how many of the newest are visited.
NEW_ROOM = 2.0
VISITED = 10
#: What a visitor of a room does: how often of ten times.
POSTS, TYPES, ASKS_WHO_IS_THERE = 3, 3, 2


class Churn:
    """Visitors of one hub.

    Arguments:
        servers: the hub, as one user each.
        chance: decides what each does.
    """

    def __init__(self, servers: list[Server], chance: Random) -> None:
        self._servers = servers
        self._chance = chance
        self._rooms: deque[str] = deque(maxlen=VISITED)
        self._visits: set[asyncio.Task[None]] = set()
        #: What was done, and how often: `visits`, `posts`, `failed` …
        self.done: Counter[str] = Counter()

    async def run(self, rate: float, seconds: float) -> None:
        """Let clients come, `rate` a second; returns when the last of them has gone."""
        clock = asyncio.get_running_loop().time
        end, next_at, next_room = clock() + seconds, clock(), clock()
        while clock() < end:
            if clock() >= next_room:
                next_room += NEW_ROOM
                await self._make_room()
            self._come()
            # A hub that is behind is not given all at once what it did not keep up with.
            next_at = max(next_at + 1 / rate, clock() - 1)
            await asyncio.sleep(max(0.0, next_at - clock()))
        while self._visits:
            await asyncio.wait(self._visits)

    def _come(self) -> None:
        visit = asyncio.create_task(self._visit(), name="visit")
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _make_room(self) -> None:
        slug = f"churn-{uuid.uuid4().hex[:10]}"
        with suppress(OSError, TimeoutError, ValueError):
            status, _ = await request(
                self._chance.choice(self._servers), "POST", "/api/v1/rooms/", {"slug": slug, "title": "Churn"}
            )
            if status == 201:
                self._rooms.append(slug)
                self.done["rooms"] += 1

    async def _visit(self) -> None:
        self.done["visits"] += 1
        server = self._chance.choice(self._servers)
        ways = (self._read_room, self._read_inbox, self._ask_rest, self._turn_round)
        way = self._chance.choices(ways, weights=(70, 15, 10, 5))[0]
        try:
            await way(server)
        except (LinkClosed, OSError, TimeoutError, ValueError) as problem:
            # By the way it happened, so that the report tells.
            self.done["failed"] += 1
            self.done[f"{type(problem).__name__} {getattr(problem, 'code', '')}".strip()] += 1

    async def _read_room(self, server: Server) -> None:
        slug = self._chance.choice(self._rooms or ["lobby"])
        since = "?since=0" if self._chance.random() < 0.5 else ""
        link = await open_link(server, f"/ws/chat/{slug}/{since}")
        await self._stay(link, self._commands())

    async def _read_inbox(self, server: Server) -> None:
        await self._stay(await open_link(server, "/ws/notifications/?since=0"), [])

    async def _ask_rest(self, server: Server) -> None:
        slug = self._chance.choice(self._rooms or ["lobby"])
        status, _ = await request(server, "GET", f"/api/v1/rooms/{slug}/messages/")
        if status != 200:
            raise ValueError(f"expected HTTP 200, got {status}")

    async def _turn_round(self, server: Server) -> None:
        """Connect, and go before a word was said."""
        _, writer = await server.connect()
        await asyncio.sleep(self._chance.uniform(0, 0.2))
        writer.transport.abort()

    def _commands(self) -> list[tuple[str, dict[str, object]]]:
        commands: list[tuple[str, dict[str, object]]] = []
        if self._chance.randrange(10) < POSTS:
            commands.append(("message.post", {"body": f"churn {uuid.uuid4().hex}"}))
        if self._chance.randrange(10) < TYPES:
            commands.append(("typing", {}))
        if self._chance.randrange(10) < ASKS_WHO_IS_THERE:
            commands.append(("presence", {}))
        return commands

    async def _stay(self, link: Link, commands: list[tuple[str, dict[str, object]]]) -> None:
        try:
            async with asyncio.timeout(HELLO):
                while "hello" not in json.loads(await link.receive()):
                    pass
            for number, (name, data) in enumerate(commands):
                link.send({"id": number, "command": name, "data": data})
                self.done[name] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._chance.expovariate(1 / STAY)):
                    while True:
                        await link.receive()
            await self._go(link)
        finally:
            link.drop()

    async def _go(self, link: Link) -> None:
        """Leave: every other time in order, else by a reset."""
        if self._chance.random() < 0.5:
            link.leave()
            self.done["left in order"] += 1
            with suppress(LinkClosed, TimeoutError):
                async with asyncio.timeout(HELLO):
                    while True:
                        await link.receive()
        else:
            self.done["reset"] += 1
