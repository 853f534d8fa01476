"""What a running hub takes: memory, tasks, threads, descriptors of each process, and what is in Redis and on disk."""

import asyncio
import json
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import cast

import psutil

from tests.chaos.growth import Bound
from tests.chaos.scene import WORKERS, Scene, Unhealed

MIB = 1_048_576
#: Seconds in which a server process has to say what it holds.
ANSWER = 30.0
#: Seconds without load after which a hub is idle: streams are followed for 10 s after their last reader has left.
IDLE = 14.0

#: How much each thing may grow, by the end of its name. `None`: it grows with the log, and is only noted.
BOUNDS: Mapping[str, Bound | None] = {
    "rss MiB": Bound(per_hour=40, noise=6, left_over=40),
    # The rings of the load's streams take minutes to fill, 500 events each; when it is gone, so are they.
    "objects": Bound(per_hour=60_000, noise=20_000, left_over=6_000),
    "tasks": Bound(per_hour=60, noise=30, left_over=5),
    # The pools fill as they are needed: 4 threads for the database, 6 of asyncio's own, and 1 for presence.
    "threads": Bound(per_hour=6, noise=3, left_over=8),
    "redis fds": Bound(per_hour=12, noise=8, left_over=20),
    "fds": Bound(per_hour=60, noise=30, left_over=12),
    "streams": Bound(per_hour=60, noise=30, left_over=0),
    "readers": Bound(per_hour=60, noise=30, left_over=0),
    "presence": Bound(per_hour=60, noise=30, left_over=0),
    "connections": Bound(per_hour=60, noise=30, left_over=0),
    "redis keys": Bound(per_hour=120, noise=60, left_over=4),
    # Connection pools: one for each thread or greenlet that has ever needed one.
    "redis clients": Bound(per_hour=12, noise=8, left_over=20),
    "redis channels": Bound(per_hour=60, noise=30, left_over=0),
    "redis data MiB": Bound(per_hour=6, noise=1, left_over=1),
    "database MiB": None,
    "wal MiB": None,
}


#: Readers of the load that stay, and may be between two connections at the moment of a sample.
ON_THE_WAY = 3


def bound_of(name: str) -> Bound | None:
    """Return how much something may grow, by its name, e.g. `web.1 fds`, or `web fds` of all server processes."""
    bound = next(bound for end, bound in BOUNDS.items() if name.endswith(end))
    if bound is None or not name.startswith("web "):
        return bound
    return Bound(
        per_hour=bound.per_hour * WORKERS,
        noise=bound.noise * WORKERS,
        left_over=bound.left_over * WORKERS + ON_THE_WAY,
    )


def together(values: Mapping[str, float]) -> dict[str, float]:
    """Add up what the server processes take: `web.1 fds` and the others become `web fds`.

    Clients that stay come back to another process now and then: what is one's is not to be judged by itself then.
    """
    sums: dict[str, float] = {}
    for name, value in values.items():
        name = re.sub(r"^web\.\d+ ", "web ", name)
        sums[name] = sums.get(name, 0.0) + value
    return sums


async def take(scene: Scene) -> dict[str, float]:
    """Return what the hub takes just now, by the names of things.

    Raises:
        Unhealed: a server process does not say what it holds.
    """
    held = await _held(scene)
    values: dict[str, float] = {}
    for name, process in _processes(scene, {int(own["pid"]): part for part, own in held.items()}):
        with suppress(psutil.NoSuchProcess):
            values[f"{name} rss MiB"] = process.memory_info().rss / MIB
            values[f"{name} fds"] = process.num_fds()
            values[f"{name} threads"] = process.num_threads()
    for part, own in held.items():
        # The system's own count of threads is among the others.
        values |= {f"{part} {name}": value for name, value in own.items() if name not in ("pid", "threads")}
    return values | _redis(scene) | _disk(scene)


def _processes(scene: Scene, web: Mapping[int, str]) -> Iterator[tuple[str, psutil.Process]]:
    supervisor = scene.hub.processes()[0]
    yield "supervisor", supervisor
    for process in scene.web():
        # One that has begun since the others were asked belongs to the next sample.
        if process.pid in web:
            yield web[process.pid], process
    for name, program in (("worker", "worker"), ("beat", "beat"), ("redis", "redis-server")):
        for process in scene.hub.processes_of(program):
            yield name, process


async def _held(scene: Scene) -> dict[str, dict[str, float]]:
    """Have every server process say what it holds. Returns that by the name of the part."""
    first, processes = len(scene.hub.lines), scene.web()
    for process in processes:
        process.send_signal(signal.SIGUSR2)
    deadline = asyncio.get_running_loop().time() + ANSWER
    while True:
        said = "\n".join(scene.hub.lines[first:])
        held = {part: json.loads(text) for part, text in re.findall(r"(?m)^(web\.\d+) +\|.* holds (\{.*\})$", said)}
        if len(held) == len(processes):
            return held
        if asyncio.get_running_loop().time() > deadline:
            raise Unhealed(f"expected {len(processes)} server processes to say what they hold, {len(held)} did")
        await asyncio.sleep(0.05)


def _redis(scene: Scene) -> dict[str, float]:
    client = scene.redis()
    try:
        memory, clients = client.info("memory"), client.info("clients")
        return {
            "redis keys": client.dbsize(),
            # This one is not the hub's.
            "redis clients": clients["connected_clients"] - 1,
            "redis channels": len(cast("list[bytes]", client.pubsub_channels())),
            # Without the buffers of clients, which come and go.
            "redis data MiB": memory["used_memory_dataset"] / MIB,
        }
    finally:
        client.close()


def _disk(scene: Scene) -> dict[str, float]:
    sizes = {"database MiB": "hubbub.sqlite3", "wal MiB": "hubbub.sqlite3-wal"}
    files = {name: scene.hub.var / file for name, file in sizes.items()}
    return {name: file.stat().st_size / MIB for name, file in files.items() if file.exists()}


async def take_idle(scene: Scene) -> dict[str, float]:
    """Wait until what was there for clients that are gone may be let go, and return what the hub takes then."""
    await asyncio.sleep(IDLE)
    return await take(scene)
