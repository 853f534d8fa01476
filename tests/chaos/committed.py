"""Events that are committed before a fault and announced in the middle of it: delivery has to go on without the log."""

import asyncio
import sys
import time
import uuid
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clients.load.history import History, Seen
from clients.load.link import request
from clients.load.reader import Habits, Reader
from tests.chaos.scene import PATIENCE, Scene, Unhealed, until
from tests.servers import ROOT

#: Rooms, each with a reader: enough that the sweep does not find all of their events before the fault.
ROOMS = 12
#: Seconds in which an announced event has to come.
DELIVERED = 10.0

_PUBLISH = """
import sys
from hub import announce
from hub.publish import publish
sys.stdin.readline()
kept, send = [], announce.send
announce.send = kept.append
for stream in {streams}:
    publish(stream, "message.created", {{"body": "committed"}})
print("committed", flush=True)
sys.stdin.readline()
for announcement in kept:
    send(announcement)
"""


class Unannounced:
    """Events that are in the log, and that nobody was told of yet.

    Arguments:
        publisher: the process that has committed them, and announces them when it gets a line.
        readers: those that wait for them.
        history: what these readers saw.
    """

    def __init__(self, publisher: Process, readers: list[Reader], history: History) -> None:
        self._publisher = publisher
        self._readers = readers
        self._history = history

    async def announce(self) -> str:
        """Announce them, and wait until all have come. Returns how many came after this, on the same connections.

        Raises:
            Unhealed: some did not come, or all came before, or a connection ended.
        """
        since = time.time()
        _send_line(self._publisher)
        await until(lambda: len(self._seen()) >= ROOMS, "what was committed before to be delivered", seconds=DELIVERED)
        live = sum(seen.t > since for seen in self._seen())
        if not live:
            raise Unhealed("expected events to be announced in the middle of the fault, all had come before it")
        return f"{live} events committed before were delivered meanwhile, within {self._latest() - since:.2f} s"

    def expect_connected(self) -> None:
        """Raise `Unhealed` unless all readers are on their first connection."""
        if codes := [code for reader in self._readers for code in reader.codes]:
            raise Unhealed(f"expected readers to stay connected, they were closed by {codes}")

    def _seen(self) -> list[Seen]:
        return [record for record in self._history.records if isinstance(record, Seen) and record.key == "committed"]

    def _latest(self) -> float:
        return max(seen.t for seen in self._seen())


@asynccontextmanager
async def unannounced(scene: Scene) -> AsyncIterator[Unannounced]:
    """Commit an event in each of some rooms that have a reader; they are gone with the block.

    Raises:
        Unhealed: it could not be done.
    """
    slugs = [f"committed-{uuid.uuid4().hex[:8]}" for _ in range(ROOMS)]
    for slug in slugs:
        status, answer = await request(scene.server(), "POST", "/api/v1/rooms/", {"slug": slug, "title": "Committed"})
        if status != 201:
            raise Unhealed(f"expected a room, got HTTP {status}: {answer}")
    history = History()
    readers = [Reader(scene.server(), f"at-{slug}", slug, history, Habits(), scene.chance) for slug in slugs]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    code = _PUBLISH.format(streams=[f"chat:{slug}" for slug in slugs])
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
    publisher = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=scene.hub.env, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    try:
        await until(lambda: all(reader.is_open for reader in readers), "readers to be in")
        await _commit(publisher)
        yield Unannounced(publisher, readers, history)
    finally:
        if publisher.returncode is None:
            publisher.kill()
        await publisher.communicate()
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _commit(publisher: Process) -> None:
    assert publisher.stdout is not None
    _send_line(publisher)
    async with asyncio.timeout(PATIENCE):
        if (said := await publisher.stdout.readline()) != b"committed\n":
            said += await publisher.stdout.read()
            raise Unhealed(f"expected events to be committed, got: {said.decode()[-300:]}")


def _send_line(publisher: Process) -> None:
    assert publisher.stdin is not None
    publisher.stdin.write(b"now\n")
