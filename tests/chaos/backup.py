"""A backup is restored under clients that have seen more than is in it."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.scene import Scene, Unhealed, until
from tests.servers import HubServer

_HEADS = "SELECT name, head FROM hub_stream WHERE name LIKE 'chat:load-%'"


async def restore(scene: Scene) -> str:
    """Back SQLite up, go on, stop the hub, restore the backup, begin new epochs, and start the hub again.

    The load goes on until every stream is longer than it was, so that all offsets that were lost are given out
    again: a reader that resumed would mix two histories.
    """
    hub = scene.hub
    database, copy = hub.var / "hubbub.sqlite3", hub.var / "backup.sqlite3"
    await asyncio.to_thread(_copy, database, copy)
    kept = _heads(copy)
    await until(lambda: _are_longer(_heads(database), kept), "every stream to have events that are in no backup")
    await asyncio.to_thread(hub.stop)
    before = _heads(database)
    await asyncio.to_thread(_put_back, hub, copy)
    await scene.start_anew()
    await until(lambda: _are_longer(_heads(database), before), "every stream to be longer than before")
    lost = sum(before.values()) - sum(kept.values())
    return f"{lost} events of {len(before)} streams were in no backup, their offsets were given out again"


def all_told(load: dict[str, Any]) -> list[str]:
    """Return what is wrong where every reader should have been told that it cannot go on."""
    if load["reloaded"] == load["readers"]:
        return []
    return [f"expected all readers to be told that they cannot go on, {load['reloaded']} were"]


def _put_back(hub: HubServer, copy: Path) -> None:
    """Restore the backup as the documentation says."""
    for leftover in hub.var.glob("hubbub.sqlite3*"):
        leftover.unlink()
    shutil.copy(copy, hub.var / "hubbub.sqlite3")
    done = hub.manage("renew_epochs")
    if done.returncode:
        raise Unhealed(f"expected new epochs, got: {done.stderr[-300:]}")


def _copy(source: Path, target: Path) -> None:
    # As `sqlite3 hubbub.sqlite3 ".backup …"` does: a sound copy of a database in use.
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def _heads(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path, timeout=20)) as database:
        return dict(database.execute(_HEADS).fetchall())


def _are_longer(now: dict[str, int], before: dict[str, int]) -> bool:
    return all(now.get(name, 0) > head for name, head in before.items())
