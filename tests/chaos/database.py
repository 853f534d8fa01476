"""The database is down, held, full, or takes a commit and does not say so."""

import asyncio
import json
import os
import sqlite3
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from clients.load.link import Server, request
from tests.chaos.committed import unannounced
from tests.chaos.proxy import FaultProxy
from tests.chaos.scene import NotRun, Scene, Unhealed
from tests.postgresql import PostgreSQL
from tests.servers import temporary_var
from tests.visitors import Visitor

#: Seconds that the database is down, locked and full.
DOWN, LOCKED, FULL = 15.0, 8.0, 8.0
#: Seconds within which the first post has to succeed when the database is up again. On a machine that is not
#: overloaded it is less than 2.
BACK = 5.0
#: Seconds that a transaction keeps its stream locked.
HELD = 2.0
#: Commits at which a connection is cut, and seconds between two of them.
CUTS, PACE = 12, 0.5
#: Bytes of the small disk, and of what is left on it when it is full.
DISK = 64 << 20
BLOCK = 1 << 12


class Posts:
    """Posts to the lobby over REST, one after the other, and counts the answers.

    Arguments:
        server: as whom.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        #: By HTTP status; 0 where no answer came.
        self.answers: Counter[int] = Counter()

    async def post(self) -> int:
        """Post once, and return the status."""
        key = uuid.uuid4().hex
        try:
            status, _ = await request(
                self._server, "POST", "/api/v1/rooms/lobby/messages/", {"body": f"probe {key}", "key": key}
            )
        except (OSError, TimeoutError, ValueError):
            status = 0
        self.answers[status] += 1
        return status

    async def post_for(self, seconds: float) -> None:
        """Post for so long, five times a second at most."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while clock() < end:
            await self.post()
            await asyncio.sleep(0.2)

    def expect_refused(self, what: str) -> None:
        """Raise `Unhealed` unless every post was refused, by a 503."""
        wrong = {status: times for status, times in self.answers.items() if status != 503}
        if wrong or not self.answers:
            raise Unhealed(f"expected every post to be answered by 503 while {what}, got {dict(self.answers)}")


async def stop(scene: Scene) -> str:
    """Stop PostgreSQL for 15 seconds, and start it again; what was committed before is announced meanwhile."""
    database, posts = _postgresql(scene), Posts(scene.server())
    async with unannounced(scene) as committed:
        await asyncio.to_thread(database.stop)
        try:
            down = time.monotonic()
            delivered = await committed.announce()
            await posts.post_for(DOWN - (time.monotonic() - down))
        finally:
            await asyncio.to_thread(database.start)
        up, refused = time.monotonic(), posts.answers[503]
        posts.expect_refused("the database was down")
        back = await _first_post(posts, up)
        committed.expect_connected()
    return f"{delivered}; {refused} posts answered by 503, the first one taken {back:.2f} s after the database was up"


async def _first_post(posts: Posts, up: float) -> float:
    """Post until it succeeds, and return how many seconds that was after `up`."""
    while await posts.post() != 201:
        await asyncio.sleep(0.05)
        if time.monotonic() - up > 30:
            raise Unhealed("expected posts to succeed within 30 s after the database was up again")
    if (back := time.monotonic() - up) > BACK:
        raise Unhealed(f"expected the first post within {BACK:g} s after the database was up, it took {back:.1f} s")
    return back


async def lock_tables(scene: Scene) -> str:
    """Lock PostgreSQL's table of streams for 8 seconds: whoever publishes has to wait."""

    def hold() -> None:
        with psycopg.connect(_postgresql(scene).url) as other, other.transaction():
            other.execute("LOCK TABLE hub_stream IN EXCLUSIVE MODE")
            time.sleep(LOCKED)

    await asyncio.to_thread(hold)
    return ""


async def lose_commits(scene: Scene) -> str:
    """Cut connections at a COMMIT: in turn when PostgreSQL has done it but not said so, and before it hears of it."""
    proxy = scene.database_proxy
    assert proxy is not None
    for number in range(CUTS):
        if number % 2:
            proxy.lost_commits += 1
        else:
            proxy.cut_commits += 1
        async with asyncio.timeout(20):
            while proxy.cut_commits or proxy.lost_commits:
                await asyncio.sleep(0.02)
        await asyncio.sleep(PACE)
    return f"{CUTS - CUTS // 2} commits were done and not said so, {CUTS // 2} neither"


def some_unknown(load: dict[str, Any]) -> list[str]:
    """Return what is wrong where posts should have had an outcome that nobody knew."""
    return [] if load["post_errors"] else ["expected posts whose outcome is not known, all were answered"]


_HOLD = """
import json, threading, time
from django.db import connection, transaction
from hub.publish import publish

held, took = threading.Event(), {{}}

def first():
    with transaction.atomic():
        took["first"] = publish({stream!r}, "chaos.first", {{}}).offset
        held.set()
        time.sleep({seconds})
        transaction.set_rollback({rolled_back})
    connection.close()

def second():
    held.wait()
    began = time.monotonic()
    took["second"] = publish({stream!r}, "chaos.second", {{}}).offset
    took["seconds"] = time.monotonic() - began
    connection.close()

threads = [threading.Thread(target=target) for target in (first, second)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(took))
"""


async def commit_out_of_order(scene: Scene) -> str:
    """Keep a stream locked by a transaction for 2 seconds, while another one and the load want to commit to it.

    It is committed twice, and once rolled back: its offset goes to whoever comes next then.
    """
    slugs = await _rooms_of_the_load(scene)
    waits = []
    for rolled_back in (False, True, False):
        code = _HOLD.format(stream=f"chat:{slugs[0]}", seconds=HELD, rolled_back=rolled_back)
        done = await asyncio.to_thread(scene.hub.manage, "shell", "--verbosity", "0", "--command", code)
        if done.returncode:
            raise Unhealed(f"expected two transactions to end, got: {done.stderr[-300:]}")
        took: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        if took["second"] < took["first"] + (not rolled_back):
            raise Unhealed(f"expected the one who waited to come after, got {took}")
        waits.append(took["seconds"])
    if min(waits) < HELD / 2:
        raise Unhealed(f"expected the second one to wait for the first, it waited {min(waits):.2f} s")
    return f"the second one waited {max(waits):.2f} s for the first, which kept its stream locked for {HELD:g} s"


async def fill_disk(scene: Scene) -> str:
    """Leave no room on the disk where SQLite, Redis and the logs are, for 8 seconds."""
    posts = Posts(scene.server())
    filler = scene.hub.var / "filler"
    end = time.monotonic() + FULL + 20
    with filler.open("wb", buffering=0) as file:
        _fill(file.fileno())
        # What SQLite's log has room for is still taken; then it has to grow.
        while posts.answers[503] < 5:
            await posts.post()
            _fill(file.fileno())
            if time.monotonic() > end:
                raise Unhealed(f"expected posts to be refused while the disk is full, got {dict(posts.answers)}")
        full = Posts(scene.server())
        await full.post_for(FULL)
        await _log_in(scene)
    filler.unlink()
    full.expect_refused("the disk was full")
    while await posts.post() != 201:
        await asyncio.sleep(0.05)
        if time.monotonic() > end + 30:
            raise Unhealed("expected posts to succeed again when there is room")
    with closing(sqlite3.connect(scene.hub.var / "hubbub.sqlite3", timeout=20)) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise Unhealed(f"expected a sound database, got {verdict!r}")
    return f"{full.answers[503]} posts answered by 503, the database is sound"


async def _log_in(scene: Scene) -> None:
    """Log in by the form, which writes too: that may still find room, else it has to be refused as posts are."""
    answer = await asyncio.to_thread(Visitor(scene.hub.url).submit, "/login/", username="guest", password="guest")
    if answer.status not in (302, 503):
        raise Unhealed(f"expected the login page to answer 503 while the disk is full, got {answer.status}")


def _fill(descriptor: int) -> None:
    with suppress(OSError):
        while True:
            os.write(descriptor, bytes(BLOCK))


@contextmanager
def small_disk() -> Iterator[Path]:
    """Give a directory that is a disk of 64 MiB.

    Raises:
        NotRun: this user may not mount one.
    """
    with temporary_var() as path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(path)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotRun("a small disk can be mounted by root only") from error
        try:
            yield path
        finally:
            subprocess.run(["umount", "--lazy", str(path)], check=True, capture_output=True)


@asynccontextmanager
async def proxied(database: PostgreSQL) -> AsyncIterator[tuple[FaultProxy, str]]:
    """Put a proxy before a PostgreSQL. Gives it, and the DATABASE_URL that leads through it."""
    async with FaultProxy(path=database.socket) as proxy:
        yield proxy, f"postgresql://hubbub@127.0.0.1:{proxy.port}/postgres"


def no_closes(load: dict[str, Any]) -> list[str]:
    """Return what is wrong where readers should have stayed connected."""
    return [f"expected readers to stay connected, they were closed by {load['closes']}"] if load["closes"] else []


def _postgresql(scene: Scene) -> PostgreSQL:
    if scene.postgresql is None:
        raise TypeError("this fault needs a PostgreSQL, and its row does not ask for one")
    return scene.postgresql


async def _rooms_of_the_load(scene: Scene) -> list[str]:
    _, answer = await request(scene.server(), "GET", "/api/v1/rooms/?limit=200")
    results: Any = answer["results"]
    return [room["slug"] for room in results if room["slug"].startswith("load-")]
