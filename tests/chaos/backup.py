"""A backup is restored under clients that have seen more than is in it."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from clients.load.history import History, Opened
from clients.load.link import request
from clients.load.reader import Habits, Reader
from clients.load.report import as_json
from clients.load.verify import judge
from clients.load.writer import Writer
from tests.chaos.scene import WORKERS, Scene, Unhealed
from tests.servers import HubServer

READERS = 30
#: Messages before the backup, those that are in no backup, and those after it was restored.
BEFORE, LOST, AFTER = 40, 60, 80
SLUG = "backup"
#: Seconds for everybody to come to the end.
PATIENCE = 60.0


async def restore(scene: Scene) -> str:
    """Back SQLite up, go on, stop the hub, restore the backup, begin new epochs, and start the hub again.

    More is posted afterwards than was lost, so that old offsets are given out again: a reader that resumed would mix
    two histories.
    """
    server, history = scene.server(), History()
    status, answer = await request(server, "POST", "/api/v1/rooms/", {"slug": SLUG, "title": "Backup"})
    if status != 201:
        raise Unhealed(f"expected to make a room, got HTTP {status}: {answer}")
    readers = [
        Reader(server, f"reader-{n}", SLUG, history, Habits(), Random(scene.chance.random())) for n in range(READERS)
    ]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        await _wait(lambda: all(reader.welcomed for reader in readers), "all readers to be in")
        writer = Writer(server, "backup", SLUG, over_rest=True, size=60, history=history)
        await _post(writer, BEFORE)
        copy = scene.hub.var / "backup.sqlite3"
        await asyncio.to_thread(_copy, scene.hub.var / "hubbub.sqlite3", copy)
        await _post(writer, LOST)
        await _wait(lambda: all(reader.offset == readers[0].offset >= BEFORE + LOST for reader in readers), "the end")
        seen = readers[0].offset
        other = await asyncio.to_thread(_restart, scene.hub, copy)
        try:
            await asyncio.to_thread(lambda: other.url)
            # Who came back later would load what it missed in a snapshot, and these readers load none.
            await _wait(lambda: len(_anew(history)) == READERS, "all readers to be told that they cannot go on")
            start = readers[0].offset
            await _post(writer, AFTER)
            await _wait(lambda: all(reader.offset == start + AFTER for reader in readers), "the end of the new life")
        finally:
            await asyncio.to_thread(other.stop)
            scene.hub.lines += other.lines
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    scene.result = json.loads(as_json(judge(history, readers, [writer], "backup")))
    return f"{READERS} readers stood at offset {seen} of a life that ended at {start}, and were told so"


def _restart(hub: HubServer, copy: Path) -> HubServer:
    """Stop the hub, restore the backup as the documentation says, and start another one at the same address."""
    hub.stop()
    for leftover in hub.var.glob("hubbub.sqlite3*"):
        leftover.unlink()
    shutil.copy(copy, hub.var / "hubbub.sqlite3")
    done = hub.manage("renew_epochs")
    if done.returncode:
        raise Unhealed(f"expected new epochs, got: {done.stderr[-300:]}")
    return HubServer(hub.var, "--workers", str(WORKERS), "--port", str(urlsplit(hub.url).port), env=hub.env)


def _copy(source: Path, target: Path) -> None:
    # As `sqlite3 hubbub.sqlite3 ".backup …"` does: a sound copy of a database in use.
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


async def _post(writer: Writer, many: int) -> None:
    for _ in range(many):
        await writer.post(asyncio.get_running_loop().time() + PATIENCE)


async def _wait(condition: Callable[[], bool], what: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.1)
            return
    raise Unhealed(f"expected {what} within {PATIENCE:g} s")


def _anew(history: History) -> set[str]:
    """Return the readers that were told that they cannot go on, and of another epoch than the first."""
    opened = [record for record in history.records if isinstance(record, Opened)]
    first = opened[0].epoch
    return {record.client for record in opened if not record.recovered and record.epoch != first}
