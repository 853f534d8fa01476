"""The Celery worker dies in the middle of its tasks."""

import asyncio
import time
from collections import Counter
from typing import cast

from tests.chaos.abuse import write_lock
from tests.chaos.scene import PATIENCE, Scene, Unhealed, until

#: Tasks, and the seconds between two of them.
TASKS = 300
PACE = 0.08
KILLS = 4
#: Before the names of all that Celery keeps in Redis.
PREFIX = "hubbub."


_GIVE = f"""
import time
from notifications.tasks import notify
for number in range({TASKS}):
    notify.delay("demo", title=f"task {{number}}")
    time.sleep({PACE})
"""


async def kill_worker(scene: Scene) -> str:
    """Give the worker tasks, and SIGKILL it four times while it does them; none has its effect twice.

    What a killed worker held comes back when the visibility time-out has passed; here it passes at once.
    """
    giving = asyncio.create_task(asyncio.to_thread(scene.hub.manage, "shell", "-c", _GIVE))
    killed_with = 0
    for number in range(KILLS):
        # While the database is held, no task can end: the worker dies in the middle of some.
        with write_lock(scene):
            await until(lambda: _held(scene) > 0, "the worker to have begun tasks")
            for process in scene.hub.processes_of("worker"):
                process.kill()
        killed_with += _held(scene)
        ready = number + 2
        await until(lambda: scene.hub.output.count(" ready.") >= ready, "the worker to be back")  # noqa: B023
        _let_time_pass(scene)
    done = await giving
    if done.returncode:
        raise Unhealed(f"expected to give the worker tasks, got: {done.stderr[-300:]}")
    await until(lambda: _is_empty(scene), "all tasks to be done", seconds=2 * PATIENCE)
    return f"{KILLS} kills with {killed_with} tasks in hand; {await _judge(scene)}"


async def _judge(scene: Scene) -> str:
    """Say how many notifications there are.

    What Redis has just given to a worker that dies before it has noted so is lost: one task for each kill at most.

    Raises:
        Unhealed: some are there twice, or too many are missing.
    """
    expected = Counter(f"task {number}" for number in range(TASKS))
    found = Counter(title for title in await scene.titles() if title.startswith("task "))
    missing = (expected - found).total()
    if found - expected or missing > KILLS:
        raise Unhealed(f"expected each notification once, {missing} are missing, made again: {found - expected}")
    return f"{found.total()} of {TASKS} notifications made, none twice, {missing} tasks lost between Redis and worker"


def _is_empty(scene: Scene) -> bool:
    """Say whether no task waits or is under way; what dead workers held is given back at once."""
    _let_time_pass(scene)
    return not _held(scene) and not scene.redis().llen(f"{PREFIX}default")


def _held(scene: Scene) -> int:
    """Return how many tasks were taken and are not done yet."""
    return int(scene.redis().hlen(f"{PREFIX}unacked"))


def _let_time_pass(scene: Scene) -> None:
    client = scene.redis()
    # Kombu's index of what was taken holds the time at which it was.
    tags = cast("list[bytes]", client.zrange(f"{PREFIX}unacked_index", 0, -1))
    for tag in tags:
        client.zadd(f"{PREFIX}unacked_index", {tag.decode(): time.time() - 86_400})
