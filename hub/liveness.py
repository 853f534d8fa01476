"""Signs of life of the Celery workers, in Redis: a worker gives one when it has done a task.

A process that runs, or a connection that stands, proves nothing: workers have been seen to take no task for hours after
a restart of the broker, alive and connected.
"""

import os
import socket
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.conf import conf, redis_url

#: Seconds between two signs of one worker, however much it does.
PACE = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of one worker."""

    #: Messages that wait in the default queue.
    waiting: int
    #: Its latest sign; None where there is none, or Redis has lost it. Each one differs from those before.
    sign: str | None


class SignsOfLife:
    """The signs of all workers of a deployment.

    Arguments:
        url: address of the Redis.
        prefix: of all keys.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=conf.REDIS_TIMEOUT,
            socket_connect_timeout=conf.REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._prefix = f"{prefix}:worker"
        # Where kombu keeps a queue: a list of that name.
        self._queue = f"{prefix}.{settings.CELERY_TASK_DEFAULT_QUEUE}"
        self._lock = threading.Lock()
        self._next_at = float("-inf")

    def note(self) -> None:
        """Give a sign for this process, unless it has just given one. Never raises for a Redis that fails."""
        now = time.monotonic()
        with self._lock:
            if now < self._next_at:
                return
            self._next_at = now + PACE
        milliseconds = int(conf.WORKER_PATIENCE * 1_000)
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                pipeline.set(self._prefix, "1", px=milliseconds)
                pipeline.set(self._key(os.getpid()), str(now), px=2 * milliseconds)
                pipeline.execute()
        except (redis.RedisError, OSError):
            # Whoever looks for signs sees that Redis is away, and does not wonder.
            with self._lock:
                self._next_at = float("-inf")

    def any(self) -> bool:
        """Say whether any worker has given a sign within `HUBBUB_WORKER_PATIENCE`.

        Raises:
            redis.RedisError
        """
        return bool(self._client.exists(self._prefix))

    def look(self, pid: int) -> Look:
        """Look at the worker with this process id, on this machine.

        Raises:
            redis.RedisError
        """
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.llen(self._queue)
            pipeline.get(self._key(pid))
            waiting, sign = pipeline.execute()
        return Look(waiting, sign.decode() if sign is not None else None)

    def _key(self, pid: int) -> str:
        return f"{self._prefix}:{socket.gethostname()}:{pid}"


@lru_cache(maxsize=1)
def signs_of_life() -> SignsOfLife:
    """Return this process's way to the signs."""
    return SignsOfLife(redis_url(), conf.LAYER_PREFIX)


def note() -> None:
    """Note that this process, a worker, has done something."""
    signs_of_life().note()
