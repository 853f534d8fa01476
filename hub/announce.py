"""Announcing: telling all server processes, through the channel layer, that a stream has grown.

The only place that sends on the layer. It works the same in a signal, a Celery task, a gevent pool and a thread of
the server: one pooled synchronous client, and the very bytes that the layer's own `group_send` would write. The
layer's coroutine would make an event loop and a connection for each call from synchronous code.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.conf import conf, redis_url
from hub.core.control import (
    Question,
    SessionAction,
    encode_action,
    encode_node_message,
    encode_question,
    node_group,
)
from hub.core.events import (
    LAYER_VERSION,
    MARK_TYPE,
    Announcement,
    encode_announcement,
    encode_bundle,
    joined,
)
from hub.core.rights import CONTROL_STREAM, RightsChange, encode_rights
from hub.core.streams import group_name
from hub.core.types import JSONObject

logger = logging.getLogger(__name__)


#: Streams from which on their announcements go out as one message, to every server process: each looks through what
#: is not for it, which costs it less than a message for each stream costs those that it is for.
BUNDLE_FROM = 8
#: Streams that are announced in one message at most.
MAX_BUNDLE = 500

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

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        """Publish to Redis channels, in one round trip.

        Arguments:
            messages: each a channel and what to say there, in order.
        Returns:
            Whether Redis took them; never raises for a Redis that fails.
        """
        return self.receivers(messages) is not None

    def receivers(self, messages: Sequence[tuple[str, bytes]]) -> list[int] | None:
        """Publish as `publish` does. Returns how many connections got each message; None if Redis did not take them."""
        # Whoever waits for room while others wait for Redis learns with them that it fails: nobody waits twice.
        if self._is_closed() or not self._room.acquire(timeout=self._timeout):
            self.failed += 1
            return None
        try:
            if self._is_closed():
                self.failed += 1
                return None
            return self._send(messages)
        except (redis.RedisError, OSError) as error:
            self._close(error)
            return None
        finally:
            self._room.release()

    def _send(self, messages: Sequence[tuple[str, bytes]]) -> list[int]:
        # A pipeline costs more than the command itself.
        if len(messages) == 1:
            return [self._client.publish(*messages[0])]
        with self._client.pipeline(transaction=False) as pipeline:
            for channel, message in messages:
                pipeline.publish(channel, message)
            return pipeline.execute()

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


class _Gathering(threading.local):
    """What a thread has gathered to send together; None while it gathers nothing."""

    announcements: list[Announcement] | None = None


_gathering = _Gathering()


def send(announcement: Announcement) -> bool:
    """Announce events to every server process that has readers of their stream.

    Never raises for a Redis that fails, and waits `HUBBUB_REDIS_TIMEOUT` at most: a failed announcement costs
    latency, since the sweep of every process finds the events in the log.

    Returns:
        Whether Redis took it; inside `together`, True: it is taken at the end of the block.
    """
    if _gathering.announcements is not None:
        _gathering.announcements.append(announcement)
        return True
    return send_all([announcement])


def send_all(announcements: Sequence[Announcement]) -> bool:
    """Announce events of several streams, in one round trip and few messages; otherwise as `send`."""
    told = [_light(announcement) for announcement in joined(announcements)]
    if len(told) < BUNDLE_FROM:
        return _group_send((one.stream, encode_announcement(one)) for one in told)
    return _group_send((CONTROL_STREAM, encode_bundle(part)) for part in _bundles(told))


@contextmanager
def together() -> Iterator[None]:
    """Join what this thread sends inside of the block; it goes out at the block's end, also where that fails.

    Around a transaction that many publish in: what is announced after its commit goes out at once.
    """
    if _gathering.announcements is not None:
        yield
        return
    gathered = _gathering.announcements = []
    try:
        yield
    finally:
        _gathering.announcements = None
        if gathered:
            send_all(gathered)


def _light(announcement: Announcement) -> Announcement:
    """Return the announcement, without events that are too large together and that the log has."""
    if announcement.head and announcement.size > conf.ANNOUNCEMENT_LIMIT:
        return Announcement(announcement.stream, announcement.epoch, announcement.head)
    return announcement


def _bundles(announcements: Sequence[Announcement]) -> Iterator[list[Announcement]]:
    part: list[Announcement] = []
    size = 0
    for announcement in announcements:
        size += announcement.size
        if part and (size > conf.ANNOUNCEMENT_LIMIT or len(part) >= MAX_BUNDLE):
            yield part
            part, size = [], announcement.size
        part.append(announcement)
    yield part


def send_mark(stream: str, mark: str) -> bool:
    """Send a mark to a stream's group; the process that gets its own back knows that its subscription works."""
    return _group_send([(stream, {"type": MARK_TYPE, "v": LAYER_VERSION, "mark": mark})])


def send_rights(change: RightsChange) -> bool:
    """Tell every server process to look anew at rights. Returns whether Redis took it; never raises if it fails."""
    return _group_send([(CONTROL_STREAM, encode_rights(change))])


def send_action(action: SessionAction) -> bool:
    """Tell every server process to do something to sessions. Returns whether Redis took it, as `send_rights`."""
    return _group_send([(CONTROL_STREAM, encode_action(action))])


def send_to_node(node: str, message: JSONObject) -> bool:
    """Tell one server process something. Returns whether it was there to hear; never raises if Redis fails."""
    told = doorbell().receivers(_addressed([(node_group(node), encode_node_message(message))]))
    return told is not None and told[0] > 0


def send_question(question: Question) -> int | None:
    """Ask every server process. Returns how many have heard it; None if Redis did not take it, which raises nothing."""
    told = doorbell().receivers(_addressed([(CONTROL_STREAM, encode_question(question))]))
    return None if told is None else told[0]


def _group_send(messages: Iterable[tuple[str, JSONObject]]) -> bool:
    """Send messages to the groups of streams. Returns whether Redis took them all."""
    return doorbell().publish(_addressed(messages))


def _addressed(messages: Iterable[tuple[str, JSONObject]]) -> list[tuple[str, bytes]]:
    """Return messages to the groups of streams as Redis takes them: channel and bytes."""
    layer = get_channel_layer()
    if not isinstance(layer, RedisPubSubChannelLayer):
        raise TypeError(f"expected channels_redis.pubsub.RedisPubSubChannelLayer as channel layer, got {layer!r}")
    # As RedisPubSubLoopLayer._get_group_channel_name does; a test compares the bytes with what the layer sends.
    prefix = f"{conf.LAYER_PREFIX}__group__"
    return [(prefix + group_name(stream), layer.serialize(message)) for stream, message in messages]
