"""Announcing: telling all server processes, through the channel layer, that a stream has grown.

The only place that sends on the layer. It works the same in a signal, a Celery task, a gevent pool and a thread of
the server: one pooled synchronous client, and the very bytes that the layer's own `group_send` would write. The
layer's coroutine would make an event loop and a connection for each call from synchronous code.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.conf import conf, redis_url
from hub.core.events import LAYER_VERSION, MARK_TYPE, Announcement, encode_announcement
from hub.core.rights import CONTROL_STREAM, RightsChange, encode_rights
from hub.core.streams import group_name
from hub.core.types import JSONObject

logger = logging.getLogger(__name__)


#: Connections of a process to Redis for announcing. A pool keeps what the worst moment has opened, for ever.
CONNECTIONS = 4


class Doorbell:
    """A connection pool to Redis that gives up quickly and, after a failure, pauses (P6).

    Arguments:
        url: address of the Redis.
        timeout: seconds that one command may take.
        pause: seconds during which nothing is tried after a failure.
        clock: returns steady seconds.
    """

    def __init__(self, url: str, *, timeout: float, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # Once more on a connection that a restarted Redis has closed; never after a time-out, since the caller
            # must not wait for more: what fails is mended from the log.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._timeout = timeout
        self._pause = pause
        self._clock = clock
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        self._closed_until = float("-inf")
        self._lock = threading.Lock()
        #: Announcements that did not reach Redis, since the process began.
        self.failed = 0

    def publish(self, channel: str, message: bytes) -> bool:
        """Publish to a Redis channel. Returns whether Redis took it; never raises for a Redis that fails."""
        # Whoever waits for room while others wait for Redis learns with them that it fails: nobody waits twice.
        if self._is_closed() or not self._room.acquire(timeout=self._timeout):
            self.failed += 1
            return False
        try:
            if self._is_closed():
                self.failed += 1
                return False
            self._client.publish(channel, message)
        except (redis.RedisError, OSError) as error:
            self._close(error)
            return False
        finally:
            self._room.release()
        return True

    def _is_closed(self) -> bool:
        return self._clock() < self._closed_until

    def ping(self) -> None:
        """Ask Redis for a sign of life.

        Raises:
            redis.RedisError: there is none.
        """
        self._client.ping()

    def _close(self, error: Exception) -> None:
        with self._lock:
            first = self._clock() >= self._closed_until
            self._closed_until = self._clock() + self._pause
            self.failed += 1
        if first:
            logger.warning(
                "announcements pause for %.1f s, readers are served from the log: %s",
                self._pause,
                error,
                extra={"action": "announce_failed"},
            )


@lru_cache(maxsize=1)
def doorbell() -> Doorbell:
    """Return this process's way to Redis."""
    return Doorbell(redis_url(), timeout=conf.REDIS_TIMEOUT, pause=conf.REDIS_PAUSE)


def send(announcement: Announcement) -> bool:
    """Announce events to every server process that has readers of their stream.

    Never raises for a Redis that fails, and waits `HUBBUB_REDIS_TIMEOUT` at most: a failed announcement costs
    latency, since the sweep of every process finds the events in the log.

    Returns:
        Whether Redis took it.
    """
    if sum(len(event.data) for event in announcement.events) > conf.ANNOUNCEMENT_LIMIT and announcement.head:
        announcement = Announcement(announcement.stream, announcement.epoch, announcement.head)
    return _group_send(announcement.stream, encode_announcement(announcement))


def send_mark(stream: str, mark: str) -> bool:
    """Send a mark to a stream's group; the process that gets its own back knows that its subscription works."""
    return _group_send(stream, {"type": MARK_TYPE, "v": LAYER_VERSION, "mark": mark})


def send_rights(change: RightsChange) -> bool:
    """Tell every server process to look anew at rights. Returns whether Redis took it; never raises if it fails."""
    return _group_send(CONTROL_STREAM, encode_rights(change))


def _group_send(stream: str, message: JSONObject) -> bool:
    layer = get_channel_layer()
    if not isinstance(layer, RedisPubSubChannelLayer):
        raise TypeError(f"expected channels_redis.pubsub.RedisPubSubChannelLayer as channel layer, got {layer!r}")
    # As RedisPubSubLoopLayer._get_group_channel_name does; a test compares the bytes with what the layer sends.
    channel = f"{conf.LAYER_PREFIX}__group__{group_name(stream)}"
    return doorbell().publish(channel, layer.serialize(message))
