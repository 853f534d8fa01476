"""The subscriptions of one session: those that its client asks for, and those that the server gives it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hub.core.errors import HubError
from hub.core.protocol import Command
from hub.core.types import JSONObject
from hub.sessions.opening import AT_ONCE, Opening, ask_and_join, read_missed
from hub.sessions.subscription import Subscription

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

    def find(self, stream: str) -> Subscription | None:
        """Return the subscription to a stream."""
        return self._open.get(stream)

    async def subscribe(self, commands: Sequence[Command]) -> None:
        """Carry out commands `subscribe` that came together, and answer each, in order."""
        openings = [one for command in commands if (one := self._begin(command)) is not None]
        await ask_and_join(openings)
        for start in range(0, len(openings), AT_ONCE):
            part = openings[start : start + AT_ONCE]
            await read_missed(part)
            await self._answer(part)

    def _begin(self, command: Command) -> Opening | None:
        session = self._session
        try:
            session.limit_subscriptions()
            if session.state.subscribe(command):
                self.end(command.request["channel"])
        except HubError as error:
            session.refuse(command, error)
            return None
        subscription = Subscription(session, command.request["channel"])
        self._open[subscription.stream] = subscription
        return Opening(subscription, command.request, command.id)

    async def _answer(self, openings: Sequence[Opening]) -> None:
        """Tell the client where it stands, and then begin to send what comes."""
        session = self._session
        for one in openings:
            command = Command(one.command_id, "subscribe", one.request)
            if one.error is None and one.subscription.is_open:
                session.answer(command, one.result())
            else:
                self._forget(one.subscription)
                session.refuse(command, one.error or HubError())
        await session.outlet.drained()
        for one in openings:
            one.subscription.start()

    async def open_server_side(self, streams: dict[str, JSONObject]) -> dict[str, JSONObject]:
        """Subscribe the client to streams that it gets without asking.

        Arguments:
            streams: by name, what the client says of each, as in a request.
        Returns:
            What it is told of each, by name. They begin to send with `start`.
        Raises:
            HubError: one of them cannot be.
        """
        openings = []
        for stream, request in streams.items():
            self._session.state.subscribe_server_side(stream)
            subscription = self._open[stream] = Subscription(self._session, stream, server_side=True)
            openings.append(Opening(subscription, request))
        await ask_and_join(openings)
        await read_missed([one for one in openings if one.error is None])
        for one in openings:
            if one.error is not None:
                raise one.error
        return {one.subscription.stream: one.result() for one in openings if one.subscription.is_open}

    def start(self, streams: Iterable[str]) -> None:
        """Begin to send what comes to streams that the client has been told of."""
        for stream in streams:
            if (subscription := self._open.get(stream)) is not None:
                subscription.start()

    def _forget(self, subscription: Subscription) -> None:
        subscription.close()
        # Another one may have its place by now.
        if self._open.get(subscription.stream) is subscription:
            del self._open[subscription.stream]
            self._session.state.unsubscribed(subscription.stream)

    def end(self, stream: str) -> bool:
        """End the subscription to a stream. Returns whether there was one."""
        subscription = self._open.get(stream)
        if subscription is None:
            return False
        self._forget(subscription)
        return True

    def end_all(self) -> None:
        """End all of them."""
        for subscription in list(self._open.values()):
            self._forget(subscription)
