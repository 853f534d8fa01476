"""Watching the worker: one that does nothing, though it could, is replaced."""

import asyncio

import redis

from hub.conf import conf
from hub.liveness import Look, signs_of_life
from hub.supervisor.child import Child

#: Seconds between two looks.
PACE = 1.0


class Patience:
    """Counts for how many looks in a row a worker has done nothing.

    Looks are counted, not seconds: where the machine, or the hub as a whole, stands still for a while, no looks are
    taken either.

    Arguments:
        looks: how many are too many.
    """

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self._idle = 0
        self._before: tuple[int, str | None] | None = None

    def is_over(self, pid: int, look: Look | None) -> bool:
        """Take one look into account, and say whether the worker should have done something by now.

        Arguments:
            pid: the process that is looked at; another one begins anew.
            look: what was seen; None where Redis does not answer, for which no worker can be blamed.
        """
        seen = None if look is None else (pid, look.sign)
        if look is None or look.waiting == 0 or seen != self._before:
            self._idle = 0
        else:
            self._idle += 1
        self._before = seen
        return self._idle >= self._looks


async def watch(child: Child) -> None:
    """Replace the worker whenever it has done nothing for `HUBBUB_WORKER_PATIENCE`, while tasks wait.

    What waits, where nobody posts anything, is the sweep that Celery's clock asks for every few seconds.
    """
    patience = Patience(round(conf.WORKER_PATIENCE / PACE))
    while True:
        await asyncio.sleep(PACE)
        if (pid := child.pid) is None:
            continue
        if patience.is_over(pid, await asyncio.to_thread(_look, pid)):
            await child.replace(f"has done nothing for {conf.WORKER_PATIENCE:g} s, while tasks wait")
            patience = Patience(round(conf.WORKER_PATIENCE / PACE))


def _look(pid: int) -> Look | None:
    try:
        return signs_of_life().look(pid)
    except (redis.RedisError, OSError):
        return None
