"""Runs faults one after the other, each on a hub of its own, and tells what came of them."""

import asyncio
import re
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hub import redis_server
from tests.chaos import database
from tests.chaos.faults import Fault
from tests.chaos.proxy import FaultProxy
from tests.chaos.scene import LoadRun, NotRun, Scene, Unhealed, port_of, running_hub, running_redis_on_tcp
from tests.postgresql import find_binaries, running_postgresql

#: Seconds of load before the fault, and after it was healed.
BEFORE = 3.0
AFTER = 2.0
#: Seconds that one fault may take in all.
LONGEST = 400.0
#: What the load is, where the fault says nothing else. It ends when the fault is over.
USUAL = {"rooms": 20, "readers": 100, "rate": 50, "duration": 900, "heal": 45}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of one fault."""

    fault: str
    title: str
    note: str
    seconds: float = 0.0
    #: What the load tester says; empty where it could not finish.
    load: dict[str, Any] = field(default_factory=dict)
    #: What is wrong besides; empty when nothing is.
    problems: list[str] = field(default_factory=list)
    #: Whether this machine could bring the fault about.
    ran: bool = True

    @property
    def is_right(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems and bool(self.load.get("right"))

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, for JSON."""
        return {**asdict(self), "right": self.is_right}


async def run_fault(fault: Fault, pattern: Path, seed: int, logs: Path | None = None, scale: float = 1) -> Row:
    """Start a hub, put load on it, break something, and wait until all is well again.

    Arguments:
        pattern: the state that the hub starts with.
        seed: what the random choices are made by.
        logs: directory for what the hub says, and for the history of the load.
        scale: what the length of faults that last, and the number of blows, is multiplied by.
    """
    began = time.monotonic()
    problems: list[str] = []
    note = ""
    result: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        try:
            scene = await _set_up(fault, pattern, seed, stack)
        except NotRun as reason:
            return Row(fault=fault.name, title=fault.title, ran=False, note=f"not run: {reason}")
        scene.scale = scale
        try:
            async with asyncio.timeout(LONGEST * max(1, scale)):
                record = logs / f"{fault.name}.jsonl" if logs else None
                note, result = await _break(fault, scene, {**USUAL, **fault.load}, seed, record)
                problems += fault.judge(result)
                note = "; ".join(filter(None, [note, fault.tell(result)]))
        except (Unhealed, TimeoutError, OSError) as problem:
            problems.append(str(problem) or type(problem).__name__)
        problems += complaints(f"{scene.hub.output}\n{scene.said_besides}", fault.tolerated)
        if logs:
            (logs / f"{fault.name}.log").write_text(f"{scene.hub.output}\n{scene.said_besides}")
    return Row(
        fault=fault.name,
        title=fault.title,
        seconds=time.monotonic() - began,
        load=result,
        note=note,
        problems=problems,
    )


async def _break(
    fault: Fault, scene: Scene, load: dict[str, float], seed: int, record: Path | None
) -> tuple[str, dict[str, Any]]:
    """Put load on the hub, and break something. Returns what else was seen, and what the load came to."""
    # In a thread: the database may be behind a proxy of this very loop.
    await asyncio.to_thread(scene.token)
    async with LoadRun(scene, load, seed, record) as run:
        await asyncio.sleep(BEFORE)
        note = await fault.inject(scene)
        await scene.healed()
        await asyncio.sleep(AFTER)
        return note, await run.finish()


async def _set_up(fault: Fault, pattern: Path, seed: int, stack: AsyncExitStack) -> Scene:
    env, redis_proxy, client_proxy = fault.env | stack.enter_context(fault.around()), None, None
    postgresql, database_proxy = None, None
    if fault.postgresql:
        if find_binaries() is None:
            raise NotRun("there is no PostgreSQL here")
        postgresql = stack.enter_context(running_postgresql())
        database_proxy, env["DATABASE_URL"] = await stack.enter_async_context(database.proxied(postgresql))
    if fault.redis_by_proxy:
        port = stack.enter_context(running_redis_on_tcp(redis_server.find_binary()))
        redis_proxy = await stack.enter_async_context(FaultProxy("127.0.0.1", port))
        env["REDIS_URL"] = f"redis://127.0.0.1:{redis_proxy.port}"
    hub = await stack.enter_async_context(running_hub(pattern, fault.disk(), **env))
    url = hub.url
    if fault.clients_by_proxy:
        client_proxy = await stack.enter_async_context(FaultProxy("127.0.0.1", port_of(hub)))
        url = f"http://127.0.0.1:{client_proxy.port}"
    return Scene(
        hub=hub,
        url=url,
        chance=Random(seed),
        stack=stack,
        client_proxy=client_proxy,
        redis_proxy=redis_proxy,
        postgresql=postgresql,
        database_proxy=database_proxy,
    )


def complaints(output: str, tolerated: str) -> list[str]:
    """Return what a hub must not say: each traceback, by its last line, and how often.

    Arguments:
        tolerated: regular expression of the last lines that are forgiven.
    """
    lines = output.splitlines()
    found: dict[str, int] = {}
    for number, line in enumerate(lines):
        part, _, said = line.partition("|")
        if not said.strip().startswith("Traceback (most recent call last)"):
            continue
        own = (other.partition("|")[2][1:] for other in lines[number + 1 :] if other.partition("|")[0] == part)
        last = next((text for text in own if text and not text[0].isspace()), "?")
        if not re.search(tolerated, last):
            found[last[:160]] = found.get(last[:160], 0) + 1
    return [f"{times} tracebacks: {last}" for last, times in found.items()]
