"""One subscription of a session: its reader, and all that has to be let go with it."""

import asyncio
import logging
from typing import TYPE_CHECKING

from hub.core.codes import CloseCode, close_code_for
from hub.core.errors import HubError, TokenExpired, Unauthorized
from hub.credentials import Credential
from hub.deliver import Reader
from hub.dispatch import StreamReset
from hub.namespaces import namespaces

if TYPE_CHECKING:
    from hub.sessions.session import Session

logger = logging.getLogger(__name__)


class Watched:
    """What the revoker looks at of a session: whose it is. It looks at each subscription besides."""

    __slots__ = ("session",)

    def __init__(self, session: "Session") -> None:
        self.session = session

    @property
    def credential(self) -> Credential:
        """What the client has proved itself with."""
        return self.session.credential

    @property
    def user_id(self) -> int:
        """Whose it is."""
        return self.session.user.pk

    @property
    def stream_read(self) -> str:
        """No stream."""
        return ""

    async def revoke(self, error: HubError) -> None:
        """End the session, since it is not known any more whose it is."""
        await self.session.disconnect(close_code_for(error.code), error.message)


class Subscription(Watched):
    """A stream that the client of a session reads.

    Arguments:
        session: whose it is.
        stream: the stream's name.
        server_side: whether it is the server that subscribes the client.
    """

    __slots__ = ("_present", "_sending", "is_open", "reader", "server_side", "stream")

    def __init__(self, session: "Session", stream: str, *, server_side: bool = False) -> None:
        super().__init__(session)
        self.stream = stream
        self.server_side = server_side
        #: Whether it has not ended yet.
        self.is_open = True
        transport, outlet = session.transport, session.outlet
        wire = transport.codec.wire(bare=transport.unidirectional)
        self.reader = Reader(stream, transport.send, outlet.budget, transport.write, wire, outlet.turns)
        self._sending: asyncio.Task[None] | None = None
        self._present = False

    @property
    def stream_read(self) -> str:
        """The stream that it reads."""
        return self.stream

    async def revoke(self, error: HubError) -> None:
        """End it, since its client may not read on; or the session, where it is not known any more whose it is."""
        if isinstance(error, Unauthorized | TokenExpired):
            await super().revoke(error)
        elif self.is_open:
            self.session.drop(self, lost_right(error), error.message)

    # Reading

    def start(self) -> None:
        """Begin to send what comes. The client has been told where it stands."""
        if not self.is_open:
            return
        runtime = self.session.runtime
        # No await since the comparison: whoever is unsubscribed from now on is counted no longer.
        self._present = namespaces.has_presence(self.stream)
        if self._present:
            runtime.presence.enter(self.stream, self.user_id, True)
        runtime.clients.enter(self.stream, self.session.client, self.session.client_info())
        self.reader.on_work = self._send_on
        self.reader.wake()

    def _send_on(self) -> None:
        if self.is_open:
            self._sending = asyncio.create_task(self._keep_sending(), name="hub-reader")

    async def _keep_sending(self) -> None:
        try:
            await self.reader.run(self.session.runtime.dispatcher.catch_up)
            if self._sending is asyncio.current_task():
                self._sending = None
        except StreamReset:
            await self.session.lost_place(self)
        except Exception:
            logger.exception("a reader failed", extra={"action": "reader_failed"})
            await self.session.disconnect(CloseCode.INTERNAL_ERROR)

    def close(self) -> None:
        """Let go of everything that belongs to it."""
        if not self.is_open:
            return
        self.is_open = False
        runtime = self.session.runtime
        runtime.revoker.remove(self)
        runtime.dispatcher.leave(self.reader)
        self.reader.close()
        if self._present:
            runtime.presence.leave(self.stream, self.user_id, True)
        runtime.clients.leave(self.stream, self.session.client)
        if self._sending is not None and self._sending is not asyncio.current_task():
            self._sending.cancel()
        self._sending = None


def lost_right(error: HubError) -> int:
    """Return the code of an unsubscribe push for a right that is lost, which the client does not come back after."""
    return 2000 + error.code if error.code < 500 else 2000
