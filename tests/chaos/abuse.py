"""Clients that ask for too much or have lost their right, and a database that somebody else holds."""

import asyncio
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

from clients.load.checker import Verdict, check, count
from clients.load.history import History, Member
from clients.load.link import Link, LinkClosed, Server, open_link, request
from clients.load.reader import Habits, Reader
from clients.load.writer import Writer, post_at_rate
from tests.chaos.scene import Scene, Unhealed

#: Seconds after which a connection that lost its right must see nothing more.
REVOKED = 2.0
#: Connections of the user who floods, and seconds for which they do.
FLOODERS = 40
FLOOD_SECONDS = 8.0


async def open_sockets(scene: Scene, many: int) -> int:
    """Open so many sockets at once as guest, and drop them. Returns how many were let in."""
    server = scene.server("guest")
    found = await asyncio.gather(*(open_link(server, "/ws/chat/lobby/") for _ in range(many)), return_exceptions=True)
    links = [link for link in found if isinstance(link, Link)]
    for link in links:
        link.drop()
    for problem in found:
        if isinstance(problem, BaseException) and not isinstance(problem, LinkClosed):
            raise problem
    return len(links)


@contextmanager
def write_lock(scene: Scene) -> Iterator[None]:
    """Hold SQLite's only write lock."""
    path = scene.hub.var / "hubbub.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def lock_database(scene: Scene) -> str:
    """Hold SQLite's only write lock for 8 seconds."""
    with write_lock(scene):
        await asyncio.sleep(8)
    return ""


async def flood(scene: Scene) -> str:
    """Send as much as goes over 40 connections of one user, sense and nonsense."""
    server = scene.server("guest")
    sent: Counter[str] = Counter()
    end = asyncio.get_running_loop().time() + FLOOD_SECONDS
    await asyncio.gather(*(_flood_one(server, number, end, sent) for number in range(FLOODERS)))
    closes = {name: times for name, times in sent.items() if name != "frames"}
    return f"{sent['frames']} frames, closed by {closes}"


async def _flood_one(server: Server, number: int, end: float, sent: Counter[str]) -> None:
    clock = asyncio.get_running_loop().time
    while clock() < end:
        try:
            link = await open_link(server, "/ws/chat/lobby/")
            listening = asyncio.create_task(_drain(link))
            while clock() < end and not listening.done():
                # Every other connection does not even speak the language.
                link.send({"id": 1, "command": "typing", "data": {}} if number % 2 else {"nonsense": True})
                sent["frames"] += 1
                await asyncio.sleep(0.01)
            link.drop()
            code = await listening
            if clock() < end:
                sent[str(code)] += 1
        except LinkClosed as closed:
            sent[str(closed.code)] += 1
            await asyncio.sleep(0.5)


async def _drain(link: Link) -> int:
    try:
        while True:
            await link.receive()
    except LinkClosed as closed:
        return closed.code


async def revoke(scene: Scene) -> str:
    """Remove and add members of a private room while others post there."""
    owner, guest = scene.server(), scene.server("guest")
    slug = f"private-{uuid.uuid4().hex[:8]}"
    await _expect(201, owner, "POST", "/api/v1/rooms/", {"slug": slug, "title": "Private", "is_private": True})
    history, stop = History(), asyncio.Event()
    writer = Writer(owner, slug, slug, over_rest=True, size=20, history=history)
    posting = asyncio.create_task(post_at_rate(writer, 20, 10_000, stop, 10))
    seconds = []
    for number in range(6):
        readers = [Reader(guest, f"guest-{number}-{n}", slug, history, Habits(), scene.chance) for n in range(5)]
        seconds.append(await _one_membership(owner, slug, readers, history))
    stop.set()
    await posting
    verdicts = count(check(history.records, grace=REVOKED))
    if verdicts:
        raise Unhealed(f"expected nothing wrong with the members, got {dict(verdicts)}")
    return f"30 connections of 6 memberships ended within {max(seconds):.2f} s, {Verdict.LEAK} 0"


async def _one_membership(owner: Server, slug: str, readers: list[Reader], history: History) -> float:
    """Let readers in, and take their right. Returns after how many seconds the last of them was sent away."""
    since = time.time()
    await _expect(201, owner, "POST", f"/api/v1/rooms/{slug}/members/", {"username": "guest"})
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    async with asyncio.timeout(20):
        while not all(reader.welcomed for reader in readers):
            await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    until = time.time()
    await _expect(204, owner, "DELETE", f"/api/v1/rooms/{slug}/members/guest/", None)
    for reader in readers:
        history.add(Member(reader.name, f"chat:{slug}", since, until))
    began = time.monotonic()
    _, still_in = await asyncio.wait(reading, timeout=10)
    if still_in:
        raise Unhealed(f"expected removed members to be sent away, {len(still_in)} are still in after 10 s")
    return time.monotonic() - began


async def _expect(status: int, server: Server, method: str, path: str, body: dict[str, object] | None) -> None:
    got, answer = await request(server, method, path, body)
    if got != status:
        raise Unhealed(f"expected HTTP {status} of {method} {path}, got {got}: {answer}")
