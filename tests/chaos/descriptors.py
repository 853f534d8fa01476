"""File descriptors run out: new sockets are refused, those that are there stay, and requests are answered."""

import asyncio
import http.client
from collections import Counter
from contextlib import closing, suppress
from urllib.parse import urlsplit

import psutil

from clients.load.link import Link, LinkClosed, open_link
from tests.chaos.scene import Scene, Unhealed

#: Descriptors that each process has left; the last of them are for requests, and sockets take all others.
LEFT = 90
#: Connections that are held all the while, and attempts to open one more, at a time.
HELD, AT_ONCE = 10, 30
#: Of sockets that are let in, how many are dropped again at once: one of so many.
DROPPED = 10
#: Seconds for which there are too few, from the first refusal on, which has to come within so many seconds.
SECONDS, FULL = 8.0, 60.0
#: What has to be answered meanwhile.
PATHS = ("/health", "/admin/login/", "/api/v1/rooms/")


async def run_out(scene: Scene) -> str:
    """Leave the server processes few file descriptors, and ask for connections all the time.

    Raises:
        Unhealed: a socket that was there ended, a request was not answered, or a process died.
    """
    processes = scene.web()
    limits = [process.rlimit(psutil.RLIMIT_NOFILE) for process in processes]
    held = [await open_link(scene.server(), "/ws/chat/lobby/") for _ in range(HELD)]
    ends = [asyncio.create_task(_end_of(link)) for link in held]
    # One that is held since before, besides new ones for each request.
    kept = await asyncio.to_thread(_connect, scene.url)
    for process, (_, hard) in zip(processes, limits, strict=True):
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + LEFT, hard))
    try:
        full = asyncio.create_task(_ask_for_sockets(scene))
        answers = await _ask(scene, kept, full)
        refused = await full
    finally:
        for process, limit in zip(processes, limits, strict=True):
            with suppress(psutil.NoSuchProcess):
                process.rlimit(psutil.RLIMIT_NOFILE, limit)
        kept.close()
    ended = [task.result() for task in ends if task.done()]
    for task, link in zip(ends, held, strict=True):
        task.cancel()
        link.drop()
    if ended:
        raise Unhealed(f"expected sockets that are there to stay, {len(ended)} of {HELD} ended by {set(ended)}")
    if {process.pid for process in processes} != {process.pid for process in scene.web()}:
        raise Unhealed("expected the server processes to live on without file descriptors")
    return f"{refused} meanwhile; {answers} requests answered, {HELD} sockets stayed"


async def _end_of(link: Link) -> int:
    try:
        while True:
            await link.receive()
    except LinkClosed as ended:
        return ended.code


async def _ask_for_sockets(scene: Scene) -> str:
    """Ask for sockets, and keep most of those that are let in. Says what came of it."""
    found: Counter[str] = Counter()
    kept: list[Link] = []
    clock = asyncio.get_running_loop().time
    end = clock() + FULL
    while clock() < end:
        tried = await asyncio.gather(
            *(open_link(scene.server("guest"), "/ws/chat/lobby/") for _ in range(AT_ONCE)), return_exceptions=True
        )
        for one in tried:
            if isinstance(one, Link):
                found["let in"] += 1
                kept.append(one)
                if found["let in"] % DROPPED == 0:
                    kept.pop().drop()
            elif isinstance(one, LinkClosed):
                if not found["503"] and one.code == 503:
                    end = clock() + SECONDS
                found[str(one.code)] += 1
            else:
                raise one
        await asyncio.sleep(0.2)
    for link in kept:
        link.drop()
    if not found["503"]:
        raise Unhealed(f"expected sockets to be refused by HTTP 503, got {dict(found)}")
    return "sockets " + ", ".join(f"{what}: {times}" for what, times in sorted(found.items()))


async def _ask(scene: Scene, kept: http.client.HTTPConnection, full: asyncio.Task[str]) -> int:
    """Make requests, by new connections and by one that was there before. Returns how many were answered.

    Arguments:
        full: what uses up the descriptors; it is ended where a request is not answered.
    """
    answered, token = 0, scene.token()
    while not full.done():
        for path in PATHS:
            for connection in (kept, None):
                try:
                    await asyncio.to_thread(_ask_once, scene.url, connection, path, token)
                except Unhealed:
                    full.cancel()
                    raise
                answered += 1
        await asyncio.sleep(0.1)
    return answered


def _connect(url: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.connect()
    return connection


def _ask_once(url: str, connection: http.client.HTTPConnection | None, path: str, token: str) -> None:
    used = connection or _connect(url)
    try:
        used.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        with closing(used.getresponse()) as answer:
            answer.read()
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        way = "a connection that was there" if connection else "a new one"
        raise Unhealed(f"expected an answer of {path} by {way}, got {type(error).__name__}: {error}") from error
    finally:
        if connection is None:
            used.close()
    if answer.status != 200:
        raise Unhealed(f"expected 200 of {path}, got {answer.status}")
