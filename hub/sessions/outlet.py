"""What goes out to one client: its replies and pushes in order, and the bounds that its readers share (P4)."""

import asyncio
from collections import deque
from collections.abc import Callable

from hub.conf import conf
from hub.core.outbox import Budget
from hub.core.wire import Payload
from hub.sessions.transport import Transport

#: Readers of one session that hold a page of the log at a time.
PAGES = 2


class Outlet:
    """The way out of one session.

    Arguments:
        transport: where it leads.
        on_failure: called where the connection takes nothing any more; what waits is let go of.
    """

    __slots__ = ("_drained", "_on_failure", "_sending", "_size", "_transport", "_waiting", "budget", "turns")

    def __init__(self, transport: Transport, on_failure: Callable[[Exception], None] = lambda error: None) -> None:
        #: Bytes of events that wait, of all readers together.
        self.budget = Budget(conf.OUTBOX_LIMIT)
        #: Lets a few readers at a time hold a page of the log.
        self.turns = asyncio.Semaphore(PAGES)
        self._transport = transport
        self._on_failure = on_failure
        self._waiting: deque[Payload] = deque()
        self._size = 0
        self._sending: asyncio.Task[None] | None = None
        self._drained: asyncio.Event | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether something waits for the client to read."""
        return bool(self._waiting)

    def put(self, message: Payload) -> None:
        """Send a message after all that were put before; it is never dropped. Whoever makes many waits for `room`."""
        write = self._transport.write
        if not self._waiting and write is not None and write(self._transport.codec.frame(message)):
            return
        self._waiting.append(message)
        self._size += len(message)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="hub-replies")

    async def room(self) -> None:
        """Wait until little waits: a client that asks and does not read is kept waiting itself."""
        while self._size >= conf.OUTBOX_LIMIT:
            await self._wait()

    async def drained(self) -> None:
        """Wait until nothing waits: whatever is sent from now on comes after it."""
        while self._waiting:
            await self._wait()

    def close(self) -> None:
        """Let go of all that waits, and of whoever waits for it."""
        self._waiting.clear()
        self._size = 0
        if self._sending is not None:
            self._sending.cancel()
        self._tell()

    async def _wait(self) -> None:
        self._drained = self._drained or asyncio.Event()
        await self._drained.wait()

    def _tell(self) -> None:
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    async def _send(self) -> None:
        try:
            while self._waiting:
                # It waits until it is sent, so that nothing overtakes it.
                await self._transport.send(self._waiting[0])
                if self._waiting:
                    self._size -= len(self._waiting.popleft())
                self._tell()
        except Exception as error:
            # Whoever waits would wait for ever: also the one who hears that the client has gone.
            self._waiting.clear()
            self._size = 0
            self._on_failure(error)
        finally:
            self._sending = None
            self._tell()
