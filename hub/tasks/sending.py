"""Sending durable tasks to Celery's broker: in bounded time, and not at all for a moment after the broker has failed.

What is not sent is no loss: the sweep does it later. (Celery's own producers wait for seconds, and would hold up a
request that has committed already.)
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from celery import current_app
from kombu import Connection, Producer
from kombu.exceptions import KombuError
from kombu.pools import producers

from hub.conf import conf

logger = logging.getLogger(__name__)

#: For a connection that a restarted broker has closed; a pause would be waited for by whoever has just committed.
RETRY_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class BrokerFailed(Exception):
    """The broker did not answer in time, refused, or was not asked since it has just failed."""


class Broker:
    """The way to the broker.

    Arguments:
        connection: its address, with the time limits of each command.
        pause: seconds during which nothing is tried after a failure.
        clock: returns steady seconds.
    """

    def __init__(self, connection: Connection, *, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._errors: tuple[type[BaseException], ...] = (
            OSError,
            KombuError,
            *connection.connection_errors,
            *connection.channel_errors,
        )
        self._pause = pause
        self._clock = clock
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    @contextmanager
    def producer(self) -> Iterator[Producer]:
        """Give a producer for the block.

        Raises:
            BrokerFailed: the broker fails, here or in the block.
        """
        if self._clock() < self._closed_until:
            raise BrokerFailed("the broker failed a moment ago")
        try:
            with producers[self._connection].acquire(block=True, timeout=conf.REDIS_TIMEOUT) as producer:
                yield producer
        except self._errors as error:
            self._close(error)
            raise BrokerFailed(str(error)) from error

    def waiting(self, queue: str) -> int:
        """Return how many messages wait in a queue.

        Raises:
            BrokerFailed
        """
        with self.producer() as producer:
            # Its types allow for a channel that is not open yet; a producer from the pool has one.
            channel: Any = producer.channel
            return int(channel.queue_declare(queue=queue).message_count)

    def _close(self, error: BaseException) -> None:
        with self._lock:
            first = self._clock() >= self._closed_until
            self._closed_until = self._clock() + self._pause
        if first:
            logger.warning("tasks wait in the database, the broker fails: %s", error, extra={"action": "send_failed"})


@lru_cache(maxsize=1)
def broker() -> Broker:
    """Return this process's way to the broker of the current Celery application."""
    connection = current_app.connection_for_write()
    # Options of the Redis transport; others pass them over.
    limits = {"socket_timeout": conf.REDIS_TIMEOUT, "socket_connect_timeout": conf.REDIS_TIMEOUT}
    limited = connection.clone(transport_options=(connection.transport_options or {}) | limits)
    return Broker(limited, pause=conf.REDIS_PAUSE)
