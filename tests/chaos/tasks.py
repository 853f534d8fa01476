"""The Celery worker dies in its tasks, hangs, or is given tasks that can never be done."""

import asyncio
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis

from tests.chaos.abuse import write_lock
from tests.chaos.scene import PATIENCE, Scene, Unhealed, until
from tests.chaos.workers import Workers, more_workers
from tests.servers import ROOT

#: Workers that are killed, where the scale is 1, and after how many of them Redis is killed too.
KILLS = 30
REDIS_EVERY = 10
#: Workers beside that of the hub.
WORKERS = 3
#: Before the names of all that Celery keeps in Redis.
PREFIX = "hubbub."
#: Attempts after which a task is moved aside.
ATTEMPTS = 5

#: Asks for tasks until a file is there, and says how many.
_GIVE = """
import pathlib, time
from notifications.tasks import notify
number, stop = 0, pathlib.Path({stop!r})
while not stop.exists():
    notify.delay("demo", title=f"task {{number}} {{time.time():.3f}}")
    number += 1
    time.sleep({pace})
print(number)
"""


class Given:
    """The tasks that were asked for while something went on."""

    def __init__(self) -> None:
        #: How many; known when the block has ended.
        self.count = 0


@asynccontextmanager
async def tasks_given(scene: Scene, pace: float) -> AsyncIterator[Given]:
    """Have another process ask for a durable task every `pace` seconds during the block."""
    given, stop = Given(), scene.hub.var / "enough"
    code = _GIVE.format(stop=str(stop), pace=pace)
    giving = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "shell", "-v", "0", "-c", code),
        cwd=ROOT,
        env=scene.hub.env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield given
    finally:
        stop.touch()
        out, words = await giving.communicate()
        stop.unlink()
    if giving.returncode:
        raise Unhealed(f"expected tasks to be recorded whatever happens, got: {words.decode()[-300:]}")
    given.count = int(out)


async def kill_worker(scene: Scene) -> str:
    """SIGKILL workers in the middle of their tasks, 30 times, and Redis after every tenth; it is empty then."""
    kills, with_tasks = round(KILLS * scene.scale), 0
    with more_workers(scene, WORKERS) as workers:
        async with tasks_given(scene, 0.08) as given:
            for number in range(kills):
                await until(lambda: workers.said.count(" ready.") > workers.kills, "a worker to be back")
                with_tasks += await _kill(scene, workers, held=number % 2 == 0)
                if number % REDIS_EVERY == REDIS_EVERY - 1:
                    scene.redis_process().kill()
        since = time.monotonic()
        await until(lambda: not _records(scene), "all tasks to be done", seconds=3 * PATIENCE)
        healed = time.monotonic() - since
        scene.said_besides = "".join(f"more | {line}\n" for line in workers.said.splitlines())
    done = await _judge(scene, given.count)
    return (
        f"{kills} workers killed, {with_tasks} of them in the middle of tasks, Redis {kills // REDIS_EVERY} times; "
        f"{done}, the last of them {healed:.0f} s later"
    )


async def _kill(scene: Scene, workers: Workers, *, held: bool) -> bool:
    """Kill a worker, `held` up by the database in its tasks or at a random moment.

    Returns whether tasks were at work.
    """
    await asyncio.sleep(scene.chance.uniform(0.2, 1.0))
    # While the database is held, no task can end: the worker dies in the middle of some.
    with write_lock(scene) if held else nullcontext():
        await asyncio.sleep(0.3 if held else 0)
        busy = _held(scene) > 0
        workers.kill_one()
    return busy


async def _judge(scene: Scene, count: int) -> str:
    """Say how many notifications there are.

    Raises:
        Unhealed: one is missing, or there twice.
    """
    expected = Counter(f"task {number}" for number in range(count))
    found = Counter(title.rpartition(" ")[0] for title in await scene.titles() if title.startswith("task "))
    missing, doubled = (expected - found).total(), (found - expected).total()
    if missing or doubled:
        raise Unhealed(f"expected each of {count} notifications once, {missing} are missing and {doubled} too many")
    return f"{count} notifications, each made once"


async def hang_worker(scene: Scene) -> str:
    """CLIENT KILL all connections to Redis, three times; then SIGSTOP the worker for good."""
    cuts = []
    for number in range(3):
        scene.redis().client_kill_filter(_type="normal", skipme=True)
        cuts.append(await _time_to_work(scene, f"after cut {number}"))
    for process in scene.hub.processes_of("worker"):
        process.suspend()
    asked = asyncio.create_task(_time_to_work(scene, "after the stop", seconds=3 * PATIENCE))
    await until(lambda: _worker_state(scene) != "ok", "health to name the worker", seconds=2 * PATIENCE)
    healed = await asked
    said = "worker has done nothing for 60 s, while tasks wait; it is replaced."
    if scene.hub.output.count(said) != 1:
        raise Unhealed(f"expected the hub to say once: {said}")
    await until(lambda: _worker_state(scene) == "ok", "health to find the worker well")
    return f"a task is done {max(cuts):.1f} s after its connections were cut, {healed:.0f} s after the worker hung"


async def _time_to_work(scene: Scene, name: str, *, seconds: float = PATIENCE) -> float:
    """Return how many seconds a task takes that is asked for now."""
    since = time.monotonic()
    code = f"from notifications.tasks import notify; notify.delay('demo', title={name!r})"
    done = await asyncio.to_thread(scene.hub.manage, "shell", "-c", code)
    if done.returncode:
        raise Unhealed(f"expected to ask for a task, got: {done.stderr[-300:]}")
    await until(lambda: not _records(scene), f"the task {name} to be done", seconds=seconds)
    titles = (await scene.titles()).count(name)
    if titles != 1:
        raise Unhealed(f"expected the notification {name!r} once, got it {titles} times")
    return time.monotonic() - since


def _worker_state(scene: Scene) -> str:
    """Return what `/health` says of the worker; it has to be 200 all the time."""
    status, health = scene.health()
    if status != 200:
        raise Unhealed(f"expected /health to be 200 without a worker, got {status}: {health}")
    return str(health["parts"]["worker"])


_POISON = """
from tests.chaos.poison import tasks
for task in (tasks.always_raise, tasks.end_the_process, tasks.take_all_memory):
    task.delay()
"""
#: What somebody may have put into the queue: no JSON, no message, no task that anybody knows.
_RUBBISH = (b"\x00 no json", b"{}", b'{"body": "x", "headers": {}, "properties": {}}')


async def poison(scene: Scene) -> str:
    """Give the worker tasks that can never be done, and rubbish instead of messages, while others ask for tasks."""
    async with tasks_given(scene, 0.25) as given:
        done = await asyncio.to_thread(scene.hub.manage, "shell", "-v", "0", "-c", _POISON)
        if done.returncode:
            raise Unhealed(f"expected to record poisonous tasks, got: {done.stderr[-300:]}")
        for rubbish in _RUBBISH:
            scene.redis().lpush(f"{PREFIX}default", rubbish)
        since = time.monotonic()
        await until(lambda: len(_records(scene, "failed")) == 3, "all to be moved aside", seconds=4 * PATIENCE)
        aside = time.monotonic() - since
    await until(lambda: not _records(scene, "waiting", "running"), "all other tasks to be done", seconds=2 * PATIENCE)
    attempts = [row["attempts"] for row in _records(scene, "failed")]
    if attempts != [ATTEMPTS] * 3:
        raise Unhealed(f"expected {ATTEMPTS} attempts at each poisonous task, got {attempts}")
    made = await _judge(scene, given.count)
    return f"3 poisonous tasks moved aside after {ATTEMPTS} attempts each, {aside:.0f} s; {made}, {_latest(scene)}"


def _latest(scene: Scene) -> str:
    """Say how long a task took, from being asked for to being done."""
    rows = _query(scene, "SELECT title, created_at FROM notifications_notification WHERE title LIKE 'task %'")
    took = sorted(_seconds(row["created_at"]) - float(row["title"].rpartition(" ")[2]) for row in rows)
    return f"half of them within {took[len(took) // 2]:.1f} s, the last after {took[-1]:.0f} s"


def _seconds(stored: str) -> float:
    """Return a time of the database in seconds since 1970."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()


def _records(scene: Scene, *states: str) -> list[dict[str, Any]]:
    """Return the rows of tasks that are not done, of these states or all."""
    rows = _query(scene, "SELECT state, attempts, task FROM hub_taskrecord")
    return [row for row in rows if not states or row["state"] in states]


def _query(scene: Scene, query: str) -> list[dict[str, Any]]:
    path = Path(scene.hub.var / "hubbub.sqlite3")
    with closing(sqlite3.connect(path, timeout=20)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]


def _held(scene: Scene) -> int:
    """Return how many messages were taken and are not acknowledged yet; none while Redis is away."""
    try:
        return int(scene.redis().hlen(f"{PREFIX}unacked"))
    except redis.RedisError:
        return 0
