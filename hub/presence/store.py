"""Presence in Redis: a synchronous client with time limits, which after a failure asks no more for a moment."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.conf import conf, redis_url
from hub.core.clients import ClientEntry
from hub.core.errors import NotAvailable
from hub.core.presence import Changes, Entry, Moment, Present
from hub.presence import client_scripts, scripts

logger = logging.getLogger(__name__)

#: Connections of one process to Redis for presence.
MAX_CONNECTIONS = 4
#: Milliseconds between two tellings of the whole of a large stream.
MERGE_INTERVAL = 1_000
#: Bytes of clients' entries in one answer: what others see of a client may be large.
MAX_BYTES = 1_000_000
#: Entries that one call of `tick` looks at: Redis does nothing else meanwhile.
BUDGET = 200


class PresentClients(NamedTuple):
    """Which clients read a stream, in the whole deployment."""

    #: Entries (`hub.core.clients`) by client id; not all of a large stream.
    entries: dict[str, str]
    #: How many clients there are.
    clients: int
    #: How many users they are of.
    users: int


class PresenceUnknown(NotAvailable):
    """Who is there cannot be said just now: Redis does not answer, or has just come back with nothing in it."""

    default_message = "who is here is not known just now; try again"
    temporary = True


class Forgotten(Exception):
    """Redis does not know the process (any more): it must register, and record its entries anew."""


class PresenceStore:
    """The state that the processes of a deployment share.

    Every method but `withdraw` raises `PresenceUnknown` when Redis does not answer in time, and may be called from
    any thread.

    Arguments:
        url: address of the Redis.
        prefix: of all keys.
        clock: returns steady seconds.
    """

    def __init__(self, url: str, prefix: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=MAX_CONNECTIONS,
            timeout=conf.REDIS_TIMEOUT,
            socket_timeout=conf.REDIS_TIMEOUT,
            socket_connect_timeout=conf.REDIS_TIMEOUT,
            # Once more on a connection that a restarted Redis has closed; never after a time-out.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._client = redis.Redis(connection_pool=pool)
        # In braces: on a Redis cluster all keys have to be on one node.
        self._prefix = f"{prefix}:{{presence}}:"
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None
        self._register, self._record, self._tick, self._withdraw, self._read, self._living = (
            self._client.register_script(text)
            for text in (
                scripts.REGISTER,
                scripts.RECORD,
                scripts.TICK,
                scripts.WITHDRAW,
                scripts.READ,
                scripts.LIVING,
            )
        )
        self._record_clients, self._read_clients = (
            self._client.register_script(text) for text in (client_scripts.RECORD_CLIENTS, client_scripts.READ_CLIENTS)
        )

    def register(self, process: str) -> str:
        """Say that a process lives. Returns the mark of Redis' life: where it is another one, all was lost."""
        # Long enough for every process to notice, and to write what it has.
        settle = _milliseconds(conf.PRESENCE_TTL / 2)
        life = self._run(self._register, process, _milliseconds(conf.PRESENCE_TTL), secrets.token_urlsafe(8), settle)
        return _text(life)

    def record(self, process: str, life: str, entries: Sequence[Entry], *, quiet: bool = False) -> Changes:
        """Record how things are in a process.

        Arguments:
            process: the process's name.
            life: what `register` returned.
            entries: a few hundred at most; Redis does nothing else meanwhile.
            quiet: that they were told of before Redis lost them: nobody is told again.
        Raises:
            Forgotten
        """
        flat = [value for entry in entries for value in (entry.stream, entry.user_id, entry.connections)]
        interval = _milliseconds(conf.PRESENCE_TTL) if quiet else MERGE_INTERVAL
        grace = _milliseconds(conf.PRESENCE_GRACE)
        answer = self._run(self._record, process, life, grace, conf.PRESENCE_LARGE, interval, int(quiet), *flat)
        return _changes(answer)[0]

    def tick(self, process: str, life: str) -> tuple[Changes, bool]:
        """Say that a process still lives; remove what dead ones had; decide who has left.

        Returns:
            What has changed, and whether it should be called again at once.
        Raises:
            Forgotten
        """
        ttl = _milliseconds(conf.PRESENCE_TTL)
        return _changes(self._run(self._tick, process, life, ttl, conf.PRESENCE_LARGE, MERGE_INTERVAL, BUDGET))

    def withdraw(self, process: str) -> None:
        """Say that a process ends. Where Redis does not answer, it dies by time instead."""
        try:
            self._withdraw(keys=[self._prefix], args=[process, _milliseconds(conf.PRESENCE_GRACE)])
        except (redis.RedisError, OSError) as error:
            # The process is ending, and its log may be closed already.
            logger.debug("presence could not be withdrawn: %s", error)

    def read(self, stream: str, limit: int) -> Present:
        """Return who reads a stream, `limit` users at most; 0 for the counts alone.

        Raises:
            PresenceUnknown: also while not all processes have written what they have, after Redis lost it.
        """
        answer = self._run(self._read, stream, limit)
        if answer is None:
            raise PresenceUnknown
        total, here, connections, users, life, number = answer
        pairs = [(int(user), int(count)) for user, count in zip(users[::2], users[1::2], strict=True)]
        return Present(pairs, int(total), int(here), int(connections), Moment(_text(life), int(number)))

    def record_clients(self, process: str, life: str, entries: Sequence[ClientEntry]) -> None:
        """Record how things are with clients of a process; arguments and errors are those of `record`."""
        flat = [value for entry in entries for value in entry]
        if self._run(self._record_clients, process, life, *flat) is None:
            raise Forgotten

    def read_clients(self, stream: str, limit: int) -> PresentClients:
        """Return which clients read a stream, `limit` of them at most, and none that is large beyond `MAX_BYTES`.

        Raises:
            PresenceUnknown: as `read`.
        """
        answer = self._run(self._read_clients, stream, limit, MAX_BYTES)
        if answer is None:
            raise PresenceUnknown
        clients, users, flat = answer
        listed = {_text(client): _text(entry) for client, entry in zip(flat[::2], flat[1::2], strict=True)}
        return PresentClients(listed, int(clients), int(users))

    def processes(self) -> int:
        """Return how many server processes live.

        Raises:
            PresenceUnknown: Redis does not answer.
        """
        return int(self._run(self._living))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _run(self, script: Any, *arguments: str | int) -> Any:
        self._check_open()
        try:
            answer = script(keys=[self._prefix], args=arguments)
        except (redis.RedisError, OSError) as error:
            self._close_for_a_while(error)
            raise PresenceUnknown from error
        self._retry_at = None
        return answer

    def _check_open(self) -> None:
        """Let one caller at a time try a Redis that has failed: a thread that waits for it does nothing else."""
        with self._lock:
            if self._retry_at is None:
                return
            now = self._clock()
            if now < self._retry_at:
                raise PresenceUnknown
            self._retry_at = now + conf.REDIS_PAUSE

    def _close_for_a_while(self, error: Exception) -> None:
        with self._lock:
            first = self._retry_at is None
            self._retry_at = self._clock() + conf.REDIS_PAUSE
        if first:
            logger.warning("presence is not known: %s", error, extra={"action": "presence_failed"})


@lru_cache(maxsize=1)
def presence_store() -> PresenceStore:
    """Return this process's way to the shared state."""
    return PresenceStore(redis_url(), conf.LAYER_PREFIX)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1_000)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _changes(answer: Any) -> tuple[Changes, bool]:
    if answer is None:
        raise Forgotten
    more, joined, left, *streams, gone, life, number = cast("list[Any]", answer)
    occupied, vacated, changed = ([_text(stream) for stream in names] for names in streams)
    moment = Moment(_text(life), int(number))
    left_behind = [(_text(stream), _text(entry)) for stream, entry in zip(gone[::2], gone[1::2], strict=True)]
    return Changes(_pairs(joined), _pairs(left), occupied, vacated, changed, left_behind, moment), bool(more)


def _pairs(flat: Sequence[bytes]) -> list[tuple[str, int]]:
    return [(_text(stream), int(user)) for stream, user in zip(flat[::2], flat[1::2], strict=True)]
