"""A server process's side of presence: it records who is connected here, and hears what was decided.

Connections come and go in memory only, without waiting for anything. One thread of its own talks to Redis, a few
times a second at most, whatever the number of connections; so a Redis that does not answer holds up nobody else.
"""

import asyncio
import atexit
import functools
import logging
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from hub.background import Background
from hub.conf import conf
from hub.core.clients import ClientEntry
from hub.core.presence import EVERYWHERE, Attendance, Changes, Entry
from hub.presence.attending import Attending
from hub.presence.store import Forgotten, PresenceStore, PresenceUnknown

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Seconds between two signs of life, at most; less where `HUBBUB_PRESENCE_TTL` is short.
MAX_TICK = 1.0
#: Seconds in which what changes is gathered before it is recorded.
GATHER = 0.1
#: Entries recorded by one call: Redis does nothing else meanwhile.
CHUNK = 100
#: Times that `tick` is called again at once where there is more to do.
MAX_ROUNDS = 500


class Recorder:
    """Records the connections of one process.

    Arguments:
        store: the shared state.
        tell: tells signals and readers of changes, one call after the other; may take its time.
        clients: the clients of the process; without it none are recorded.
    """

    def __init__(
        self,
        store: PresenceStore,
        tell: Callable[[Changes], Awaitable[None]],
        clients: Attending | None = None,
    ) -> None:
        self._store = store
        self._tell = tell
        self._attendance = Attendance()
        self._process = _new_name()
        self._life: str | None = None
        self._restoring: list[Entry] = []
        self._restoring_clients: list[ClientEntry] = []
        self._woken = asyncio.Event()
        if clients is None:
            clients = Attending(has=lambda stream: (False, False), publish=lambda told: None)
        self._clients = clients
        self._clients.on_change = self._woken.set
        self._changes: asyncio.Queue[Changes] = asyncio.Queue()
        self._background = Background()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-presence")

    @property
    def entries(self) -> int:
        """How many pairs of stream and user this process has; one more for each user, who is connected."""
        return len(self._attendance)

    def enter(self, stream: str, user_id: int, listed: bool) -> None:
        """Count a connection; never waits.

        Arguments:
            listed: whether the stream's namespace has presence. The user is connected in any case.
        """
        self._attendance.enter(EVERYWHERE, user_id)
        if listed:
            self._attendance.enter(stream, user_id)
        self._woken.set()

    def leave(self, stream: str, user_id: int, listed: bool) -> None:
        """Count a connection no longer; never waits. The arguments are those that it entered with."""
        self._attendance.leave(EVERYWHERE, user_id)
        if listed:
            self._attendance.leave(stream, user_id)
        self._woken.set()

    def start(self) -> None:
        """Begin to record."""
        atexit.register(self._withdraw)
        self._background.spawn(self._record_forever(), "hub-presence")
        self._background.spawn(self._tell_forever(), "hub-presence-tell")

    async def stop(self) -> None:
        """End, and take back what is recorded; readers who come back elsewhere in time are never told to have left."""
        await self._background.stop()
        await self._in_thread(self._withdraw)
        atexit.unregister(self._withdraw)
        self._thread.shutdown(wait=False)

    async def _record_forever(self) -> None:
        while True:
            try:
                await self._record()
            except PresenceUnknown:
                # The store has said so in the log; what is to be recorded is kept until Redis is back.
                pass
            except Exception:
                logger.exception("presence could not be recorded", extra={"action": "presence_failed"})
            await self._wait()

    async def _wait(self) -> None:
        """Wait until something has changed, but not longer than until the next sign of life is due."""
        tick = min(MAX_TICK, conf.PRESENCE_TTL / 3)
        gather = min(GATHER, tick / 4)
        # Nothing is tried at once again after a failure: what could not be recorded does not wake.
        try:
            async with asyncio.timeout(tick - gather):
                await self._woken.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(gather)
        self._woken.clear()

    async def _record(self) -> None:
        """Record all that is not recorded, and say that the process lives."""
        try:
            if self._life is None:
                self._life = await self._in_thread(self._store.register, self._process)
            await self._restore()
            while entries := self._attendance.take(CHUNK):
                await self._record_some(entries)
            while clients := self._clients.records.take(CHUNK):
                await self._record_clients(clients)
            await self._tick()
            await self._tell_of_clients()
        except Forgotten:
            await self._register_anew()
            self._woken.set()

    async def _register_anew(self) -> None:
        # Another name: what this process had under the old one may be half removed.
        self._process = _new_name()
        life = await self._in_thread(self._store.register, self._process)
        if life == self._life:
            # Counted as dead, so that its users were told to have left: they join again.
            self._attendance.forget()
            self._clients.records.forget()
        else:
            # Redis has lost everything. Its users were told to have joined already, and so were its clients.
            self._restoring = self._attendance.recorded()
            self._restoring_clients = self._clients.records.recorded()
        self._life = life

    async def _restore(self) -> None:
        while self._restoring:
            chunk = self._restoring[:CHUNK]
            await self._in_thread(self._store.record, self._process, self._life or "", chunk, quiet=True)
            del self._restoring[:CHUNK]
        while self._restoring_clients:
            clients = self._restoring_clients[:CHUNK]
            await self._in_thread(self._store.record_clients, self._process, self._life or "", clients)
            del self._restoring_clients[:CHUNK]

    async def _record_some(self, entries: list[Entry]) -> None:
        try:
            changes = await self._in_thread(self._store.record, self._process, self._life or "", entries)
        except BaseException:
            self._attendance.put_back(entries)
            raise
        self._attendance.confirm(entries)
        self._hear(changes)

    async def _record_clients(self, entries: list[ClientEntry]) -> None:
        try:
            await self._in_thread(self._store.record_clients, self._process, self._life or "", entries)
        except BaseException:
            self._clients.records.put_back(entries)
            raise
        self._clients.records.confirm(entries)

    async def _tell_of_clients(self) -> None:
        if told := self._clients.take_told():
            await self._in_thread(self._clients.publish, told)
        if self._clients.waiting:
            self._woken.set()

    async def _tick(self) -> None:
        for _ in range(MAX_ROUNDS):
            changes, more = await self._in_thread(self._store.tick, self._process, self._life or "")
            self._hear(changes)
            if not more:
                break

    def _hear(self, changes: Changes) -> None:
        self._clients.note_gone(changes.gone)
        if changes:
            self._changes.put_nowait(changes)

    async def _tell_forever(self) -> None:
        while True:
            changes = await self._changes.get()
            try:
                await self._tell(changes)
            except Exception:
                logger.exception("changes of presence could not be told", extra={"action": "presence_tell_failed"})

    def _withdraw(self) -> None:
        self._store.withdraw(self._process)

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        work = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _new_name() -> str:
    return uuid.uuid4().hex
