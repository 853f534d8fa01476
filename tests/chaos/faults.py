"""The faults: each one breaks something in a running hub, and mends it where it does not mend itself.

Each is a coroutine that takes the scene and returns a sentence about what else was seen, or raises `Unhealed`.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from tests.chaos import (
    abuse,
    backup,
    beats,
    clients_away,
    clocks,
    database,
    descriptors,
    doubles,
    restarts,
    soak,
    tasks,
    versions,
)
from tests.chaos.scene import Scene, until
from tests.servers import temporary_var

#: Seconds between two things that are done to a hub.
BREATH = 1.0


def _alone() -> AbstractContextManager[dict[str, str]]:
    return nullcontext({})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the table."""

    name: str
    title: str
    inject: Callable[[Scene], Awaitable[str]]
    #: Options of the load, beyond the usual ones.
    load: dict[str, float] = field(default_factory=dict)
    #: More of the hub's environment.
    env: dict[str, str] = field(default_factory=dict)
    #: Errors that a part may fail with, traceback and all, as long as it is back afterwards: a regular expression.
    tolerated: str = r"(?!)"
    #: Whether clients come through a proxy, and whether the hub reaches Redis through one.
    clients_by_proxy: bool = False
    redis_by_proxy: bool = False
    #: Whether the hub's database is a PostgreSQL, behind a proxy; and the disk that its state is on.
    postgresql: bool = False
    disk: Callable[[], AbstractContextManager[Path]] = temporary_var
    #: Says what is wrong with what the load came to, beyond what the load tester finds.
    judge: Callable[[dict[str, Any]], list[str]] = lambda load: []
    #: Gives more of the hub's environment, and lasts as long as the hub; raises `NotRun` where it cannot.
    around: Callable[[], AbstractContextManager[dict[str, str]]] = _alone
    #: Says what else of the load's result the table should show.
    tell: Callable[[dict[str, Any]], str] = lambda load: ""


async def nothing(scene: Scene) -> str:
    """Do nothing: what the load itself costs."""
    await asyncio.sleep(8)
    return ""


async def kill_one(scene: Scene) -> str:
    """SIGKILL one server process."""
    await scene.replace([scene.chance.choice(scene.web())], signal.SIGKILL)
    return ""


async def kill_all(scene: Scene) -> str:
    """SIGKILL all server processes at once."""
    await scene.replace(scene.web(), signal.SIGKILL)
    return ""


async def kill_redis(scene: Scene) -> str:
    """SIGKILL Redis, and again as soon as it is back, for 8 seconds; it is empty then."""
    kills = 0
    end = asyncio.get_running_loop().time() + 8 * scene.scale
    while asyncio.get_running_loop().time() < end:
        for process in scene.hub.processes_of("redis-server"):
            process.kill()
            kills += 1
        await asyncio.sleep(0.1)
    await scene.healed()
    await scene.worker_works("after Redis was killed")
    return f"{kills} kills; the worker came back"


async def flush_redis(scene: Scene) -> str:
    """FLUSHALL, five times."""
    for _ in range(5):
        scene.redis().flushall()
        await asyncio.sleep(BREATH)
    return ""


async def pause_redis(scene: Scene) -> str:
    """SIGSTOP Redis for 10 seconds."""
    process = scene.redis_process()
    process.suspend()
    await asyncio.sleep(10 * scene.scale)
    process.resume()
    await scene.healed()
    await scene.worker_works("after Redis was paused")
    return "the worker came back"


async def kick_subscribers(scene: Scene) -> str:
    """CLIENT KILL TYPE pubsub, three times, some seconds apart."""
    kicked = 0
    for _ in range(3):
        kicked += int(scene.redis().client_kill_filter(_type="pubsub"))
        await asyncio.sleep(3)
    return f"{kicked} subscribers kicked"


async def fill_redis(scene: Scene) -> str:
    """Leave Redis no memory, then no replica that it would have to have, 4 seconds each: it refuses to write."""
    client = scene.redis()
    for name, value in (("maxmemory", "1"), ("min-replicas-to-write", "1")):
        client.config_set(name, value)
        await asyncio.sleep(4)
        client.config_set(name, "0")
    await scene.healed()
    await scene.worker_works("after Redis was full")
    return "the worker came back"


async def die_between_commit_and_announcement(scene: Scene) -> str:
    """Have every announcement wait for a Redis that is stopped, then SIGKILL a server process, and Redis with it.

    So the announcements that the process was making can reach nobody: their events are committed, and nothing tells
    of them but the log.
    """
    for _ in range(3):
        redis_process = scene.redis_process()
        redis_process.suspend()
        # Less than HUBBUB_REDIS_TIMEOUT: who began to announce in this time still waits.
        await asyncio.sleep(0.3)
        victim = scene.chance.choice(scene.web())
        before = scene.listening()
        victim.kill()
        redis_process.kill()
        await until(lambda before=before: scene.listening() > before, "the server process to be back")  # type: ignore[misc]
        await scene.healed()
    return "3 server processes and 3 times Redis killed"


async def stall(scene: Scene) -> str:
    """Let half of the readers read nothing at all, while the others get some megabytes."""
    before = sum(process.memory_info().rss for process in scene.web())
    await asyncio.sleep(12)
    grown = sum(process.memory_info().rss for process in scene.web()) - before
    return f"30 readers stalled, all servers together grew by {grown / 1_048_576:.1f} MiB"


def redis_refuses(scene: Scene) -> bool:
    """Say whether the private Redis does not answer."""
    try:
        scene.redis().ping()
    except redis.RedisError:
        return True
    return False


_STALLED = {"rooms": 2, "readers": 60, "slow": 0.5, "pause": 600, "size": 3000, "wandering": 0, "rate": 40}

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(name="F0", title="nothing (what the load alone costs)", inject=nothing),
        Fault(name="F1", title="a server process is killed", inject=kill_one),
        Fault(name="F2", title="all server processes are killed", inject=kill_all),
        Fault(
            name="F3",
            title="rolling restart",
            inject=restarts.roll,
            judge=restarts.nobody_was_cut_off,
            tell=restarts.longest_silence,
        ),
        Fault(
            name="F3k",
            title="rolling restart with 1,000 readers",
            inject=restarts.roll,
            load={"readers": 1000, "rate": 10, "slow": 0, "wandering": 0},
            judge=restarts.nobody_was_cut_off,
            tell=restarts.longest_silence,
        ),
        Fault(name="F4", title="the worker is killed in its tasks", inject=tasks.kill_worker, load={"rate": 20}),
        Fault(name="F5", title="the worker hangs", inject=tasks.hang_worker, load={"rate": 20}),
        Fault(name="F6", title="Redis is killed for 8 s, comes back empty", inject=kill_redis),
        Fault(name="F7", title="Redis is flushed", inject=flush_redis),
        Fault(name="F8", title="Redis is stopped for 10 s", inject=pause_redis),
        Fault(name="F9", title="Redis kicks its subscribers", inject=kick_subscribers),
        Fault(
            name="F10",
            title="Redis refuses to write for 8 s",
            inject=fill_redis,
            # The worker ends, and is started again.
            tolerated="NOREPLICAS|OOM|ExecAbortError",
        ),
        Fault(name="F11", title="the links to Redis go silent", inject=clients_away.silence_redis, redis_by_proxy=True),
        Fault(
            name="F12",
            title="the links of all clients go silent",
            inject=clients_away.silence_clients,
            clients_by_proxy=True,
        ),
        Fault(
            name="F13",
            title="PostgreSQL is down for 15 s",
            inject=database.stop,
            postgresql=True,
            # Who comes back meanwhile is not let in; that those who are in stay is what is judged.
            load={"wandering": 0},
            judge=database.no_closes,
        ),
        Fault(name="F14", title="the database is locked for 8 s", inject=abuse.lock_database),
        Fault(
            name="F14p",
            title="PostgreSQL's table of streams is locked for 8 s",
            inject=database.lock_tables,
            postgresql=True,
        ),
        Fault(
            name="F15",
            title="connections are cut at a COMMIT",
            inject=database.lose_commits,
            postgresql=True,
            judge=database.some_unknown,
        ),
        Fault(name="F16", title="death between commit and announcement", inject=die_between_commit_and_announcement),
        Fault(name="F17", title="announcements doubled, late and reordered", inject=doubles.echo_announcements),
        Fault(
            name="F18",
            title="the disk is full",
            inject=database.fill_disk,
            disk=database.small_disk,
            load={"wandering": 0},
            judge=database.no_closes,
        ),
        Fault(
            name="F19",
            title="clocks jump by an hour, and differ",
            inject=clocks.jump,
            around=clocks.own_clocks,
        ),
        Fault(name="F20", title="one post, made 20 times at once", inject=doubles.post_at_once),
        Fault(
            name="F21",
            title="two transactions commit out of order",
            inject=database.commit_out_of_order,
            postgresql=True,
            # The messages of a room come as they are committed.
            load={"rooms": 2},
        ),
        Fault(name="F22", title="half of the readers stop reading", inject=stall, load=_STALLED),
        Fault(
            name="F23",
            title="1,000 readers come back at once",
            inject=clients_away.storm,
            load={"readers": 1000, "rate": 10, "slow": 0, "wandering": 0},
            # Django's own, of a request whose client was cut off.
            tolerated="CancelledError",
            clients_by_proxy=True,
        ),
        Fault(
            name="F24",
            title="tasks that can never be done",
            inject=tasks.poison,
            load={"rate": 20},
            env={"DJANGO_SETTINGS_MODULE": "tests.chaos.poison.settings"},
        ),
        Fault(
            name="F25",
            title="a user floods the hub",
            inject=abuse.flood,
            # Limits hold for the load too: one connection for each room keeps within them, REST would not.
            env={"HUBBUB_LIMITS": "on"},
            load={"rest": 0, "rate": 40},
        ),
        Fault(name="F26", title="members removed while others post", inject=abuse.revoke),
        Fault(name="F27", title="two versions side by side", inject=versions.upgrade, around=versions.both),
        Fault(
            name="F29", title="two of Celery's clocks, none, and one killed", inject=beats.two_and_none, env=beats.HASTY
        ),
        Fault(
            name="F30",
            title="no file descriptors left",
            inject=descriptors.run_out,
        ),
        Fault(
            name="F31",
            title="an older backup is restored",
            inject=backup.restore,
            load={"lives": 2},
            clients_by_proxy=True,
            judge=backup.all_told,
        ),
        Fault(name="F32", title="clients come and go for a minute", inject=soak.row, load=soak.LOAD),
    )
}

#: What `make test` does to one hub, one after the other.
IN_A_ROW = ("F1", "F3", "F6", "F8")


async def several(scene: Scene) -> str:
    """Some of the faults in a row, the long ones shorter."""
    scene.scale = 0.2
    for name in IN_A_ROW:
        await FAULTS[name].inject(scene)
        await scene.healed()
    return ", ".join(IN_A_ROW)


#: The short form of the table.
SHORT = Fault(
    name="short",
    title="some faults in a row",
    inject=several,
    load={"rooms": 5, "readers": 20, "rate": 15},
)
