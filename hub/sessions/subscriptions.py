"""The subscriptions of one session: those that its client asks for, and those that the server gives it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from hub.core.errors import HubError, PermissionDenied, UnknownStream
from hub.core.protocol import Command
from hub.core.types import JSONObject
from hub.sessions.opening import AT_ONCE, Opening, Wanted, ask_and_join, read_missed
from hub.sessions.options import check_kind
from hub.sessions.subscription import Subscription
from hub.sessions.times import steady

if TYPE_CHECKING:
    from hub.sessions.session import Session


class Subscriptions:
    """What the client of a session reads.

    Arguments:
        session: whose they are.
    """

    __slots__ = ("_open", "_session")

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._open: dict[str, Subscription] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(list(self._open.values()))

    def find(self, stream: str) -> Subscription | None:
        """Return the subscription to a stream."""
        return self._open.get(stream)

    async def subscribe(self, commands: Sequence[Command]) -> None:
        """Carry out commands `subscribe` that came together, and answer each, in order.

        Raises:
            Disconnect: one of them ends the session.
        """
        openings = [one for command in commands if (one := self._begin(command)) is not None]
        await ask_and_join(openings)
        for start in range(0, len(openings), AT_ONCE):
            part = openings[start : start + AT_ONCE]
            await read_missed(part)
            await self._session.outlet.room()
            self._answer(part)
            await self._session.outlet.drained()
            self.start(one.subscription for one in part)

    def _begin(self, command: Command) -> Opening | None:
        session = self._session
        try:
            session.limit_subscriptions()
            if command.refusal is not None:
                raise command.refusal
            check_kind(command.request)
            if session.state.subscribe(command):
                self._close(command.request["channel"])
        except HubError as error:
            session.refuse(command, error)
            return None
        subscription = Subscription(session, command.request["channel"])
        self._open[subscription.stream] = subscription
        return Opening(subscription, command.request, command.id)

    def _answer(self, openings: Iterable[Opening]) -> None:
        """Tell the client where it stands in each."""
        for one in openings:
            command = Command(one.command_id, "subscribe", one.request)
            if one.error is None and one.subscription.is_open:
                self._note_end(one.subscription, refreshable=True)
                self._session.answer(command, one.result())
            else:
                self._forget(one.subscription)
                self._session.refuse(command, one.error or PermissionDenied())

    def _note_end(self, subscription: Subscription, *, refreshable: bool) -> None:
        if subscription.grant is not None and subscription.grant.expires_at is not None:
            ends_at = steady(subscription.grant.expires_at)
            self._session.state.subscription_refreshed(subscription.stream, ends_at, refreshable=refreshable)
            self._session.wake_in_time()

    async def open_server_side(self, wanted: Sequence[Wanted], *, missed: bool = True) -> dict[str, JSONObject]:
        """Subscribe the client to streams on the server's side.

        Arguments:
            missed: whether it is told along with it what it has missed; else that follows.
        Returns:
            What it is told of each, by name; without those that are optional and refused. They begin to send with
            `start`.
        Raises:
            HubError, Disconnect: one of them cannot be; then none is.
        """
        optional = {one.stream for one in wanted if one.optional}
        openings = [self._begin_server_side(one) for one in wanted]
        await ask_and_join(openings)
        if missed:
            await read_missed([one for one in openings if one.error is None])
        opened: dict[str, JSONObject] = {}
        for one in openings:
            stream = one.subscription.stream
            if one.error is None and one.subscription.is_open:
                self._note_end(one.subscription, refreshable=False)
                opened[stream] = one.result()
            elif stream in optional and isinstance(one.error, PermissionDenied | UnknownStream | None):
                self._forget(one.subscription)
            else:
                for other in openings:
                    self._forget(other.subscription)
                raise one.error or PermissionDenied()
        return opened

    def _begin_server_side(self, wanted: Wanted) -> Opening:
        self._session.state.subscribe_server_side(wanted.stream)
        subscription = Subscription(self._session, wanted.stream, wanted.grant, server_side=True)
        self._open[wanted.stream] = subscription
        # A token is of what a client asks for itself.
        return Opening(subscription, {key: value for key, value in wanted.request.items() if key != "token"})

    def start(self, subscriptions: Iterable[Subscription]) -> None:
        """Begin to send what comes. The client has been told where it stands."""
        for subscription in subscriptions:
            subscription.start()

    def start_named(self, streams: Iterable[str]) -> None:
        """Begin to send what comes to streams of these names, where they are still subscribed to."""
        self.start([one for stream in streams if (one := self._open.get(stream)) is not None])

    def _forget(self, subscription: Subscription) -> None:
        subscription.close()
        # Another one may have its place by now.
        if self._open.get(subscription.stream) is subscription:
            del self._open[subscription.stream]
            self._session.state.unsubscribed(subscription.stream)

    def _close(self, stream: str) -> None:
        """Let go of a subscription whose place is taken by another one."""
        if (subscription := self._open.pop(stream, None)) is not None:
            subscription.close()

    def end(self, stream: str) -> bool:
        """End the subscription to a stream. Returns whether there was one."""
        subscription = self._open.get(stream)
        if subscription is None:
            return False
        self._forget(subscription)
        return True

    def end_all(self) -> None:
        """End all of them."""
        for subscription in self:
            self._forget(subscription)
