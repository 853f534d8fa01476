"""One subscription of a session: its reader, and all that has to be let go with it."""

import asyncio
import logging
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from hub.core.codes import CloseCode, UnsubscribeCode, close_code_for
from hub.core.errors import HubError, TokenExpired, Unauthorized
from hub.core.protocol import ClientInfo
from hub.credentials import Credential
from hub.deliver import Reader
from hub.delta import DeltaReader
from hub.dispatch import StreamReset
from hub.namespaces import namespaces
from hub.sessions.options import ReadOptions
from hub.tokens import Grant

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
    def user_id(self) -> int | str:
        """Whose it is: the id of a user, or the text that names a guest."""
        user = self.session.user
        return user.pk if isinstance(user, User) else user.id

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
        grant: what allows it, and says more of it; None where the namespace is asked.
        server_side: whether it is the server that subscribes the client.
    """

    __slots__ = ("_present", "_reader", "_sending", "grant", "is_open", "options", "server_side", "stream")

    def __init__(
        self, session: "Session", stream: str, grant: Grant | None = None, *, server_side: bool = False
    ) -> None:
        super().__init__(session)
        self.stream = stream
        self.grant = grant
        self.server_side = server_side
        #: Whether it has not ended yet. One of a session that has is never open: nobody would close it.
        self.is_open = not session.has_ended()
        #: How it is read, once that is known.
        self.options = ReadOptions()
        self._reader: Reader | None = None
        self._sending: asyncio.Task[None] | None = None
        self._present = False

    @property
    def reader(self) -> Reader:
        """What reads the stream.

        Raises:
            AssertionError: it is not known yet how it is to be read.
        """
        if self._reader is None:
            raise AssertionError(f"{self.stream} is read before it is prepared")
        return self._reader

    @property
    def stream_read(self) -> str:
        """The stream that it reads."""
        return self.stream

    @property
    def is_behind(self) -> bool:
        """Whether its client has not been sent all that there is."""
        return self._sending is not None

    async def revoke(self, error: HubError) -> None:
        """End it, since its client may not read on; or the session, where it is not known any more whose it is."""
        if isinstance(error, Unauthorized | TokenExpired):
            await super().revoke(error)
        elif self.is_open:
            self.session.drop(self, lost_right(error), error.message)

    def info(self) -> ClientInfo:
        """Return what others in the stream see of the client (ClientInfo)."""
        info = self.session.client_info()
        if self.grant is not None and self.grant.info is not None:
            info["chan_info"] = self.grant.info
        return info

    def prepare(self, options: ReadOptions) -> Reader:
        """Take note of how it is to be read. Returns what reads it."""
        transport, outlet = self.session.transport, self.session.outlet
        bare = transport.unidirectional
        wire = transport.codec.wire(bare=bare, join_leave=options.join_leave, delta=options.delta)
        self.options = options
        make = DeltaReader if options.delta else Reader
        self._reader = make(self.stream, transport.send, outlet.budget, transport.write, wire, outlet.turns)
        return self._reader

    def start(self) -> None:
        """Begin to send what comes. The client has been told where it stands."""
        if not self.is_open:
            return
        self._enter()
        self.reader.on_work = self._send_on
        self.reader.wake()

    def _enter(self) -> None:
        """Count as present, as a user and as a client. Whoever is unsubscribed from now on is counted no longer."""
        runtime, user_id = self.session.runtime, self.user_id
        if isinstance(user_id, int) and namespaces.has_presence(self.stream):
            self._present = True
            runtime.presence.enter(self.stream, user_id, True)
        override = {} if self.grant is None else self.grant.override
        presence, join_leave = override.get("presence"), override.get("join_leave")
        runtime.clients.enter(self.stream, self.session.client, self.info(), presence=presence, join_leave=join_leave)

    def _leave(self) -> None:
        runtime, user_id = self.session.runtime, self.user_id
        runtime.clients.leave(self.stream, self.session.client)
        if self._present and isinstance(user_id, int):
            self._present = False
            runtime.presence.leave(self.stream, user_id, True)

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
        if self._reader is not None:
            runtime.dispatcher.leave(self._reader)
            self._reader.close()
        self._leave()
        if self._sending is not None and self._sending is not asyncio.current_task():
            self._sending.cancel()
        self._sending = None


def lost_right(error: HubError) -> int:
    """Return the code of an unsubscribe push for a right that is lost: the client does not come back by itself."""
    # The code of the error can be read off it, where there is room for it below those after which it does.
    code = UnsubscribeCode.SERVER + error.code
    return code if code < UnsubscribeCode.INSUFFICIENT_STATE else UnsubscribeCode.SERVER
