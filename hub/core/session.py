"""The rules of a session: which command may come when, what is subscribed to, and what is due when.

Nothing here waits, reads a clock or sends. Sections are those of the Centrifugo client protocol.
"""

from dataclasses import dataclass
from enum import Enum

from hub.core.codes import CloseCode, UnsubscribeCode
from hub.core.errors import AlreadySubscribed, BadRequest, HubError, LimitExceeded, MethodNotFound, PermissionDenied
from hub.core.protocol import Command, Disconnect
from hub.core.schema import METHODS
from hub.core.streams import MAX_STREAM_NAME

#: Seconds in which a client has to connect.
STALE = 10.0
#: Seconds beyond their time that a connection or a subscription may be refreshed in.
GRACE = 25.0
#: Unsubscribed streams of which a session keeps in mind by which command it was, where commands overtake each other.
REMEMBERED = 128


class Phase(Enum):
    """How far a session is."""

    NEW = "nothing was asked for"
    CONNECTING = "it is being found out who the client is"
    CONNECTED = "the client may ask for anything"
    REFUSED = "the client was told that it may not connect"


@dataclass(frozen=True, slots=True)
class Ping:
    """The client has to be asked whether it is there."""


@dataclass(frozen=True, slots=True)
class End:
    """The connection has to be ended."""

    code: CloseCode


@dataclass(frozen=True, slots=True)
class Drop:
    """A subscription of the client's has to be ended."""

    channel: str
    code: UnsubscribeCode


Due = Ping | End | Drop


@dataclass(slots=True)
class Held:
    """A subscription, from the command that asks for it on."""

    #: The command's id; 0 where the server has subscribed the client.
    command_id: int
    #: When it ends by itself, in steady seconds.
    expires_at: float | None = None
    #: Whether its client can put that off.
    refreshable: bool = False

    @property
    def server_side(self) -> bool:
        """Whether it is the server that has subscribed the client."""
        return not self.command_id

    def ends_at(self) -> float | None:
        """Return when it has to be ended, in steady seconds."""
        return _with_grace(self.expires_at, self.refreshable)


class SessionState:
    """Where one session stands. Times are in steady seconds, of any clock.

    Arguments:
        now: the time.
        emulated: whether commands may overtake each other on their way here.
        ping_interval: seconds between two pings; 0 for none.
        pong_timeout: seconds in which a ping has to be answered; 0 where none is.
        chance: from 0 to 1: when in the second half of the interval the first ping goes out.
        max_subscriptions: what a client may hold at a time.
        max_errors: commands that make no sense, in a row, with which a client is sent away.
    """

    __slots__ = (
        "_chance",
        "_emulated",
        "_errors",
        "_expires_at",
        "_max_errors",
        "_max_subscriptions",
        "_ping_at",
        "_ping_interval",
        "_pong_by",
        "_pong_timeout",
        "_refreshable",
        "_stale_at",
        "_unsubscribed",
        "phase",
        "subscriptions",
    )

    def __init__(
        self,
        now: float,
        *,
        emulated: bool = False,
        ping_interval: float = 25.0,
        pong_timeout: float = 10.0,
        chance: float = 1.0,
        max_subscriptions: int = 128,
        max_errors: int = 10,
    ) -> None:
        self.phase = Phase.NEW
        #: By stream.
        self.subscriptions: dict[str, Held] = {}
        self._emulated = emulated
        self._max_subscriptions = max_subscriptions
        self._max_errors = max_errors
        self._errors = 0
        self._stale_at = now + STALE
        self._ping_interval = ping_interval
        self._pong_timeout = pong_timeout
        self._chance = chance
        self._ping_at: float | None = None
        self._pong_by: float | None = None
        self._expires_at: float | None = None
        self._refreshable = False
        # By stream: the greatest id of a command that has ended a subscription to it.
        self._unsubscribed: dict[str, int] = {}

    # Commands

    def take(self, command: Command) -> None:
        """Take note of a command that came.

        Raises:
            Disconnect: it may not come, or not now (section 4).
        """
        if command.method == "" and not command.id:
            self._take_pong()
            return
        if command.method not in METHODS or (command.id <= 0 and command.method != "send"):
            raise Disconnect(CloseCode.BAD_REQUEST)
        if (command.method == "connect") != (self.phase is Phase.NEW):
            raise Disconnect(CloseCode.BAD_REQUEST)
        if self.phase is Phase.NEW:
            self.phase = Phase.CONNECTING
        elif self.phase is not Phase.CONNECTED:
            raise Disconnect(CloseCode.BAD_REQUEST)

    def _take_pong(self) -> None:
        if self.phase in (Phase.NEW, Phase.REFUSED):
            raise Disconnect(CloseCode.BAD_REQUEST)
        # One that nobody asked for does no harm.
        self._pong_by = None

    def connected(self, now: float, expires_at: float | None = None, *, refreshable: bool = False) -> None:
        """Take note that the client is connected.

        Arguments:
            expires_at: when that ends by itself, in steady seconds.
            refreshable: whether the client can put that off.
        """
        self.phase = Phase.CONNECTED
        self._errors = 0
        self.refreshed(expires_at, refreshable=refreshable)
        if self._ping_interval:
            self._ping_at = now + self._ping_interval * (0.5 + 0.5 * self._chance)

    def refused(self, now: float) -> None:
        """Take note that the client was told that it may not connect: it may not ask for anything any more."""
        self.phase = Phase.REFUSED
        self._stale_at = now + STALE

    def refreshed(self, expires_at: float | None, *, refreshable: bool) -> None:
        """Take note of when the connection ends by itself. The arguments are those of `connected`."""
        self._expires_at = expires_at
        self._refreshable = refreshable

    def succeeded(self) -> None:
        """Take note that a command was carried out."""
        self._errors = 0

    def failed(self, error: HubError) -> None:
        """Take note that a command was refused.

        Raises:
            Disconnect: that is one too many. Only what a working client never sends counts: a refusal is an answer.
        """
        if isinstance(error, BadRequest | MethodNotFound):
            self._errors += 1
        if self._errors >= self._max_errors:
            raise Disconnect(CloseCode.TOO_MANY_ERRORS)

    # Subscriptions

    def subscribe(self, command: Command) -> bool:
        """Take note that a client wants to subscribe; it holds the place until `unsubscribed`.

        Returns:
            Whether it is subscribed already and that has to be ended first: where commands are lost on their way, the
            one that did so may be among them.
        Raises:
            Disconnect: no stream is named.
            HubError: it may not, whatever its rights.
        """
        channel = channel_of(command)
        if len(channel) > MAX_STREAM_NAME:
            raise BadRequest(f"expected a stream's name of up to {MAX_STREAM_NAME} characters, got {len(channel)}")
        held = self.subscriptions.get(channel)
        if self._emulated and command.id < self._unsubscribed.get(channel, 0):
            raise BadRequest("expected what was asked for first to come first")
        if held is None and len(self.subscriptions) >= self._max_subscriptions:
            raise LimitExceeded(f"expected up to {self._max_subscriptions} subscriptions at a time")
        if held is not None and not self._is_overtaken(held, command):
            raise AlreadySubscribed
        self.subscriptions[channel] = Held(command.id)
        return held is not None

    def _is_overtaken(self, held: Held, command: Command) -> bool:
        return self._emulated and not held.server_side and command.id > held.command_id

    def subscribe_server_side(self, channel: str) -> None:
        """Take note that the server subscribes the client to a stream; what it had asked for itself is replaced."""
        self.subscriptions[channel] = Held(0)

    def subscription_refreshed(self, channel: str, expires_at: float | None, *, refreshable: bool) -> None:
        """Take note of when a subscription ends by itself, as of the connection with `refreshed`."""
        held = self.subscriptions[channel]
        held.expires_at, held.refreshable = expires_at, refreshable

    def unsubscribe(self, command: Command) -> bool:
        """Take note that a client wants to subscribe no longer.

        Returns:
            Whether there is anything to be ended.
        Raises:
            Disconnect: no stream is named.
        """
        channel = channel_of(command)
        # What is too long for a stream was never subscribed to, and would be kept in mind at that length (P4).
        if self._emulated and len(channel) <= MAX_STREAM_NAME:
            self._remember(channel, command.id)
        held = self.subscriptions.get(channel)
        if held is None or (self._emulated and command.id < held.command_id):
            return False
        del self.subscriptions[channel]
        return True

    def _remember(self, channel: str, command_id: int) -> None:
        self._unsubscribed[channel] = max(command_id, self._unsubscribed.pop(channel, 0))
        if len(self._unsubscribed) > REMEMBERED:
            del self._unsubscribed[next(iter(self._unsubscribed))]

    def unsubscribed(self, channel: str) -> None:
        """Take note that a subscription has ended, or did not come about."""
        self.subscriptions.pop(channel, None)

    def check_subscription(self, channel: str) -> None:
        """Make sure that a stream is subscribed to.

        Raises:
            PermissionDenied: it is not.
            Disconnect: none is named.
        """
        if not channel:
            raise Disconnect(CloseCode.BAD_REQUEST)
        if channel not in self.subscriptions:
            raise PermissionDenied("expected the name of a stream that is subscribed to")

    def check_refreshable(self, channel: str) -> None:
        """Make sure that the client may put off the end of a subscription.

        Raises:
            Disconnect: it has no end, or not one that the client can put off.
        """
        if not self.subscriptions[channel].refreshable:
            raise Disconnect(CloseCode.BAD_REQUEST)

    # Time

    @property
    def wakes_at(self) -> float | None:
        """When `due` has to be called next, in steady seconds."""
        if self.phase is Phase.CONNECTING:
            # It is the server that takes its time.
            return None
        if self.phase is not Phase.CONNECTED:
            return self._stale_at
        ends = [held.ends_at() for held in self.subscriptions.values() if held.expires_at is not None]
        times = [self._ping_at, self._pong_by, _with_grace(self._expires_at, self._refreshable), *ends]
        return min((time for time in times if time is not None), default=None)

    def due(self, now: float, *, busy: bool = False) -> list[Due]:
        """Say what has to be done now, and take note that it is done.

        Arguments:
            busy: whether an answer of the client's may be waiting for the server: then it has more time.
        """
        if self.phase is not Phase.CONNECTED:
            is_stale = self.phase is not Phase.CONNECTING and now >= self._stale_at
            return [End(CloseCode.STALE)] if is_stale else []
        if _is_over(_with_grace(self._expires_at, self._refreshable), now):
            return [End(CloseCode.EXPIRED)]
        if _is_over(self._pong_by, now):
            if not busy:
                return [End(CloseCode.NO_PONG)]
            self._pong_by = now + self._pong_timeout
        due: list[Due] = []
        if _is_over(self._ping_at, now):
            due.append(Ping())
            self._ping_at = now + self._ping_interval
            if self._pong_timeout and self._pong_by is None:
                self._pong_by = now + self._pong_timeout
        return due + self._expired(now)

    def _expired(self, now: float) -> list[Due]:
        over = {channel: held for channel, held in self.subscriptions.items() if _is_over(held.ends_at(), now)}
        if any(held.server_side for held in over.values()):
            return [End(CloseCode.SUBSCRIPTION_EXPIRED)]
        for channel in over:
            del self.subscriptions[channel]
        return [Drop(channel, UnsubscribeCode.EXPIRED) for channel in over]


def channel_of(command: Command) -> str:
    """Return the stream that a command names.

    Raises:
        Disconnect: it names none.
    """
    channel: str = command.request.get("channel", "")
    if not channel:
        raise Disconnect(CloseCode.BAD_REQUEST)
    return channel


def _with_grace(expires_at: float | None, refreshable: bool) -> float | None:
    # Read when it is needed: tests shorten it.
    return expires_at if expires_at is None or not refreshable else expires_at + GRACE


def _is_over(time: float | None, now: float) -> bool:
    return time is not None and now >= time
