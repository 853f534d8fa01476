"""A session: one client, what it has subscribed to, and what it asks for."""

import asyncio
import logging
import random
import secrets
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby

from hub.auth import Authenticated
from hub.conf import conf
from hub.core.asgi import Scope
from hub.core.codes import CloseCode, UnsubscribeCode, default_reason
from hub.core.errors import HubError, InternalError
from hub.core.events import Position
from hub.core.presence import EVERYWHERE
from hub.core.protocol import ClientInfo, Command, Disconnect
from hub.core.schema import METHODS
from hub.core.session import Drop, End, Phase, Ping, SessionState
from hub.core.types import JSONObject, JSONValue
from hub.core.wire import Payload
from hub.credentials import Credential
from hub.identity import AnyUser, user_key
from hub.limits import CommandLimit
from hub.runtime import Runtime
from hub.sessions.connecting import connect
from hub.sessions.opening import Wanted
from hub.sessions.outlet import Outlet
from hub.sessions.requests import Requests
from hub.sessions.subscription import Subscription, Watched
from hub.sessions.subscriptions import Subscriptions
from hub.sessions.times import steady, time_left
from hub.sessions.transport import Transport
from hub.tokens import Grant

logger = logging.getLogger(__name__)

#: Frames of one client that may wait for those before them, where they come beside the stream.
MAX_WAITING = 32


class Session:
    """What one client and the server say to each other.

    Arguments:
        transport: carries it.
        scope: the ASGI scope of the connection.
    """

    __slots__ = (
        "_ended",
        "_ending",
        "_frames",
        "_identified",
        "_limit",
        "_requests",
        "_subscription_limit",
        "_timer",
        "_turn",
        "client",
        "credential",
        "info",
        "outlet",
        "runtime",
        "scope",
        "session",
        "state",
        "subscriptions",
        "transport",
        "user",
        "user_id",
        "watched",
    )

    # Known once the client is connected.
    runtime: Runtime
    credential: Credential
    user: AnyUser

    def __init__(self, transport: Transport, scope: Scope) -> None:
        #: What others see of the connection; a UUID.
        self.client = str(uuid.uuid4())
        #: What proves that a command beside the stream belongs to it: not to be shown to anyone else.
        self.session = secrets.token_urlsafe(24)
        #: Whose it is: the text of a user's key, another id that a token gave, or nothing.
        self.user_id = ""
        #: What its token says of the client, for others to see.
        self.info: JSONValue = None
        self.transport = transport
        self.scope = scope
        self.outlet = Outlet(transport, self._fail)
        self.state = SessionState(
            time.monotonic(),
            emulated=transport.emulated,
            ping_interval=0 if transport.native_pings else conf.PING_INTERVAL,
            pong_timeout=0 if transport.unidirectional else conf.PONG_TIMEOUT,
            chance=random.random(),
            max_subscriptions=conf.MAX_SUBSCRIPTIONS,
            max_errors=conf.MAX_ERRORS,
        )
        self.subscriptions = Subscriptions(self)
        #: What the revoker looks at.
        self.watched = Watched(self)
        self._ended = False
        self._identified = False
        self._requests = Requests(self)
        self._limit = CommandLimit()
        # Every subscription at once, when a client comes back.
        self._subscription_limit = CommandLimit(burst=max(conf.COMMAND_BURST, 2 * conf.MAX_SUBSCRIPTIONS))
        # Frames are carried out one after the other; how many are under way or wait.
        self._turn = asyncio.Lock()
        self._frames = 0
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self.wake_in_time()

    # What comes

    async def receive(self, frame: Payload) -> None:
        """Carry out the commands of a frame, in order. Never raises."""
        if self._ended:
            return
        self._frames += 1
        try:
            if _size(frame) > conf.MAX_MESSAGE_SIZE:
                raise Disconnect(CloseCode.TOO_BIG)
            if self._frames > MAX_WAITING:
                raise Disconnect(CloseCode.TOO_MANY_REQUESTS)
            async with self._turn:
                # Only now: read, it takes many times what it takes as it came (P4).
                await self._carry_out(self.transport.codec.decode(frame))
        except Disconnect as end:
            await self.disconnect(end.code, end.reason)
        except Exception:
            logger.exception("a session failed", extra={"action": "session_failed"})
            await self.disconnect(CloseCode.INTERNAL_ERROR)
        finally:
            self._frames -= 1

    async def connect(self, request: JSONObject) -> None:
        """Begin a unidirectional session: all that its client ever says. Never raises."""
        try:
            command = Command(1, "connect", request)
            self.state.take(command)
            async with self._turn:
                await connect(self, command)
        except Disconnect as end:
            await self.disconnect(end.code, end.reason)
        except Exception:
            logger.exception("a session failed", extra={"action": "session_failed"})
            await self.disconnect(CloseCode.INTERNAL_ERROR)

    async def _carry_out(self, commands: Iterable[Command]) -> None:
        for method, together in _in_runs(commands):
            # Whoever asks and does not read is kept waiting (P4).
            await self.outlet.room()
            if self._ended:
                return
            for command in together:
                self.state.take(command)
            if method == "connect":
                await connect(self, together[0])
                if self.state.phase is Phase.REFUSED:
                    # What was sent along with it cannot have known.
                    return
            elif method == "subscribe":
                await self._requests.others_answered()
                await self.subscriptions.subscribe(together)
            elif method:
                await self._requests.carry_out(together[0])

    # Whose it is

    def identify(self, client: Authenticated) -> None:
        """Take note of who the client is."""
        self.credential, self.user, self.info = client.credential, client.user, client.info
        self.user_id = user_key(client.user)
        self._identified = True
        # Looked after before rights are asked: whatever changes from then on is heard of.
        self.runtime.revoker.add(self.watched)
        self.runtime.sessions.add(self)
        if isinstance(user_id := self.watched.user_id, int):
            self.runtime.presence.enter(EVERYWHERE, user_id, False)

    def forget_identity(self) -> None:
        """Let go of all that is held since it is known who the client is."""
        if not self._identified:
            return
        self._identified = False
        self.runtime.revoker.remove(self.watched)
        self.runtime.sessions.remove(self)
        if isinstance(user_id := self.watched.user_id, int):
            self.runtime.presence.leave(EVERYWHERE, user_id, False)

    def client_info(self) -> ClientInfo:
        """Return what others see of the client."""
        info: ClientInfo = {"user": self.user_id, "client": self.client}
        return info if self.info is None else {**info, "conn_info": self.info}

    def reads(self, stream: str) -> bool:
        """Say whether the client reads a stream: some rights come with that."""
        return self.subscriptions.find(stream) is not None

    # Limits

    def limit_commands(self) -> None:
        """Count one command.

        Raises:
            TooManyRequests: it came too soon.
        """
        self._limit.check()

    def limit_subscriptions(self) -> None:
        """Count one subscription; as `limit_commands`."""
        self._subscription_limit.check()

    # What goes out

    def answer(self, command: Command, result: JSONObject) -> None:
        """Reply to a command that was carried out."""
        self.state.succeeded()
        _, told = METHODS[command.method]
        # A `send` has none, whatever its id.
        if not self._ended and command.id and told:
            self.outlet.put(self.transport.codec.reply(command.id, command.method, result))

    def refuse(self, command: Command, error: Exception) -> None:
        """Reply to a command that was refused.

        Raises:
            Disconnect: the error says so, or that is one too many.
        """
        if isinstance(error, Disconnect):
            raise error
        if not isinstance(error, HubError):
            logger.error("a command failed", exc_info=error, extra={"action": "command_failed"})
            error = InternalError()
        if not self._ended and command.id:
            self.outlet.put(self.transport.codec.error(command.id, error))
        self.state.failed(error)

    def push(self, kind: str, body: JSONObject, channel: str = "") -> None:
        """Say something unasked."""
        if not self._ended:
            bare = self.transport.unidirectional
            self.outlet.put(self.transport.codec.push(kind, body, channel, bare=bare))

    def drop(self, subscription: Subscription, code: int, reason: str = "") -> None:
        """End a subscription, and tell the client."""
        if self.subscriptions.find(subscription.stream) is subscription:
            self.subscriptions.end(subscription.stream)
            self._tell_unsubscribed(subscription.stream, code, reason)

    def _tell_unsubscribed(self, stream: str, code: int, reason: str) -> None:
        self.push("unsubscribe", {"code": int(code), "reason": reason or default_reason(code)}, stream)

    async def lost_place(self, subscription: Subscription) -> None:
        """End what cannot be gone on with without a hole: the client comes back, or loads a snapshot."""
        if not subscription.is_open:
            return
        if subscription.server_side:
            await self.disconnect(CloseCode.INSUFFICIENT_STATE)
        else:
            self.drop(subscription, UnsubscribeCode.INSUFFICIENT_STATE)

    # Time

    def wake_in_time(self) -> None:
        """Have what is due next done when it is; to be called when something may be due sooner than before."""
        wakes_at = self.state.wakes_at
        if self._ended or wakes_at is None:
            return
        loop = asyncio.get_running_loop()
        # The state's clock is the loop's.
        at = loop.time() + (wakes_at - time.monotonic())
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        for due in self.state.due(time.monotonic(), busy=self._is_busy()):
            if isinstance(due, Ping):
                # One that waits behind others says nothing.
                if not self.outlet.is_blocked:
                    self.outlet.put(self.transport.codec.ping)
            elif isinstance(due, Drop):
                self.subscriptions.end(due.channel)
                self._tell_unsubscribed(due.channel, due.code, "")
            elif isinstance(due, End):
                self.end_soon(Disconnect(due.code))
        self.wake_in_time()

    def _is_busy(self) -> bool:
        """Say whether an answer may be waiting: for the server, or behind what the client has to read."""
        return self._frames > 0 or self.outlet.is_blocked or any(one.is_behind for one in self.subscriptions)

    # The end

    def has_ended(self) -> bool:
        """Say whether nothing is said any more."""
        return self._ended

    async def disconnect(self, code: int, reason: str = "") -> None:
        """End it, and let its client know why."""
        if self._ended:
            return
        self._let_go()
        try:
            await self.transport.close(int(code), reason or default_reason(code))
        except OSError:
            # It has gone already.
            pass
        except Exception:
            # Whoever ends it has nothing to do with that.
            logger.exception("a goodbye failed", extra={"action": "goodbye_failed"})

    def end_soon(self, end: Disconnect) -> None:
        """End it from where nothing can be waited for."""
        self._ending = asyncio.create_task(self.disconnect(end.code, end.reason), name="hub-ending")

    def _fail(self, error: Exception) -> None:
        # Servers say by an OSError that the client has gone (ASGI 2.4).
        if not isinstance(error, OSError):
            logger.error("a session failed", exc_info=error, extra={"action": "session_failed"})
        self.end_soon(Disconnect(CloseCode.INTERNAL_ERROR))

    async def closed(self) -> None:
        """Let go of everything: the transport is gone."""
        self._let_go()

    def _let_go(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self.outlet.close()
        self.subscriptions.end_all()
        self.forget_identity()

    # For the server API

    async def add_subscription(
        self,
        stream: str,
        *,
        expire_at: float | None = None,
        info: JSONValue = None,
        data: JSONValue = None,
        recover_since: Position | None = None,
        override: dict[str, bool] | None = None,
    ) -> None:
        """Subscribe the client to a stream on the server's side, whatever its rights, and tell it."""
        async with self._turn:
            if self._ended or self.subscriptions.find(stream) is not None:
                return
            position = {} if recover_since is None else {"recover": True, **asdict(recover_since)}
            grant = Grant(info, data, expire_at, override or {})
            opened = await self.subscriptions.open_server_side([Wanted(stream, position, grant)], missed=False)
            self.push("subscribe", opened[stream], stream)
            await self.outlet.drained()
            self.subscriptions.start_named(opened)

    async def remove_subscription(self, stream: str, code: int = 2000, reason: str = "server unsubscribe") -> None:
        """End a subscription, and tell the client; one that there is not is none too many."""
        if self.subscriptions.end(stream):
            self._tell_unsubscribed(stream, code, reason)

    async def refresh(self, *, expired: bool, expire_at: float | None, info: JSONValue = None) -> None:
        """Move the end of the connection, or end it now where it has expired, as the server API asks."""
        if expired:
            await self.disconnect(CloseCode.EXPIRED)
            return
        if info is not None:
            self.info = info
        self.state.refreshed(steady(expire_at), refreshable=True)
        self.wake_in_time()
        self.push("refresh", time_left(expire_at))


def _in_runs(commands: Iterable[Command]) -> Iterator[tuple[str, list[Command]]]:
    """Return commands in order: those `subscribe` that follow each other together, each other one alone."""
    for method, run in groupby(commands, lambda command: command.method):
        together = list(run)
        if method == "subscribe":
            yield method, together
        else:
            yield from ((method, [command]) for command in together)


def _size(message: Payload) -> int:
    """Return the bytes of a message as it came over the wire."""
    return len(message) if isinstance(message, bytes) or message.isascii() else len(message.encode())
