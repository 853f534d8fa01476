"""Opening subscriptions: many at once, with one query for the rights and one for how far the streams go."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hub.conf import conf
from hub.core.errors import HubError, InternalError, UnrecoverablePosition
from hub.core.events import Event, Position
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject
from hub.database import in_database
from hub.dispatch import Dispatcher, Joined, StreamReset
from hub.history import history
from hub.namespaces import may_read, namespaces
from hub.sessions.options import options_of
from hub.sessions.subscription import Subscription
from hub.sessions.times import time_left
from hub.tokens import Grant, verify_subscription

logger = logging.getLogger(__name__)

#: Subscriptions whose clients are told at a time what they have missed: each has a page of it.
AT_ONCE = 4
#: Bit of `flag`: the client wants an error where it cannot go on from its position.
REJECT_UNRECOVERED = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stream that somebody is to read."""

    stream: str
    #: What the client says of it: where it stands.
    request: JSONObject
    #: What allows it; None where the namespace is asked.
    grant: Grant | None = None
    #: Whether it is left out where the namespace does not allow it; else that is an error.
    optional: bool = False


@dataclass(slots=True)
class Opening:
    """A subscription on its way, and what the client said of it."""

    subscription: Subscription
    request: JSONObject
    command_id: int = 0
    #: Why it does not come about.
    error: Exception | None = None
    joined: Joined | None = None
    missed: list[Event] = field(default_factory=list)

    @property
    def is_on_its_way(self) -> bool:
        """Whether it may still come about."""
        return self.error is None and self.subscription.is_open

    @property
    def since(self) -> Position | None:
        """Where the client goes on; None where it does not."""
        if not self.request.get("recover") or not self.subscription.options.recoverable:
            return None
        return Position(self.request.get("epoch", ""), self.request.get("offset", 0))

    def fail(self, error: BaseException) -> None:
        """Take note of why it does not come about, and let go of it."""
        if not isinstance(error, HubError | Disconnect):
            logger.error("a subscription failed", exc_info=error, extra={"action": "subscribe_failed"})
            error = InternalError()
        self.error = error
        self.subscription.close()

    def result(self) -> JSONObject:
        """Return what its client is told (SubscribeResult)."""
        grant = self.subscription.grant
        result: JSONObject = {"delta": True} if self.subscription.options.delta else {}
        if grant is not None:
            result |= time_left(grant.expires_at)
            if grant.data is not None:
                result["data"] = grant.data
        return result | self._position()

    def _position(self) -> JSONObject:
        if self.joined is None:
            raise AssertionError(f"{self.subscription.stream} was not joined")
        options, here = self.subscription.options, self.joined.position
        if not options.positioned:
            return {}
        result: JSONObject = {"positioned": True, "epoch": here.epoch, "offset": here.offset}
        if options.recoverable:
            result["recoverable"] = True
        if self.since is not None:
            result["was_recovering"] = True
            if self.joined.recovered:
                result |= {"recovered": True, "publications": self.missed}
        return result


async def ask_and_join(openings: Sequence[Opening]) -> None:
    """Ask whether the client may read the streams, and let the readers join those that it may.

    What fails is noted in each; those that do not may be told of what they missed next.
    """
    if not openings:
        return
    session = openings[0].subscription.session
    await _each([one for one in openings if one.request.get("token")], _take_token)
    # Some may have ended meanwhile: what is begun for one of those from now on is let go of by nobody.
    asking = [one for one in openings if one.is_on_its_way and one.subscription.grant is None]
    for one in asking:
        # Looked after before rights are asked: whatever changes from then on is heard of.
        session.runtime.revoker.add(one.subscription)
    await _each(asking, _ask)
    await _each([one for one in openings if one.is_on_its_way], _join)


async def _each(openings: Sequence[Opening], step: Callable[[Opening], Coroutine[Any, Any, None]]) -> None:
    """Take a step with all at the same time, so that they are asked about together."""
    outcomes = await asyncio.gather(*map(step, openings), return_exceptions=True)
    for one, outcome in zip(openings, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            one.fail(outcome)


async def _take_token(one: Opening) -> None:
    """Take what a subscription token grants: it decides alone."""
    subscription = one.subscription
    session, stream = subscription.session, subscription.stream
    namespaces.resolve(stream)
    subscription.grant = await verify_subscription(
        one.request["token"], user=session.user_id, client=session.client, stream=stream
    )


async def _ask(one: Opening) -> None:
    await may_read((one.subscription.session.user, one.subscription.stream))


async def _join(one: Opening) -> None:
    options = options_of(one.subscription.stream, one.request, one.subscription.grant)
    one.subscription.prepare(options)
    # Who wants the newest event alone begins behind it.
    await _take_place(one, None if options.cache else one.since)


async def _take_place(one: Opening, since: Position | None, *, is_lost: bool = False) -> None:
    """Let a reader join its stream at a position, or at the end.

    Arguments:
        is_lost: whether what its client has missed is known to be kept no longer.
    """
    reader, dispatcher = one.subscription.reader, _dispatcher(one)
    joined = await dispatcher.join(reader, since)
    one.joined = Joined(joined.position, recovered=joined.recovered and not is_lost)
    if not one.subscription.is_open:
        # It was ended while it joined.
        dispatcher.leave(reader)
    elif not one.joined.recovered and one.request.get("flag", 0) & REJECT_UNRECOVERED:
        raise UnrecoverablePosition


async def read_missed(openings: Sequence[Opening]) -> None:
    """Read the first page of what each client has missed; of many, only until that is much. The rest follows."""
    waiting = iter([one for one in openings if one.since is not None and one.joined and one.joined.recovered])
    used = 0
    while part := list(islice(waiting, AT_ONCE)):
        # All of it goes out in one message where it is told with the connection (P4). A cache has nothing that follows.
        await _each([one for one in part if used < conf.OUTBOX_LIMIT or one.subscription.options.cache], _read_missed)
        used += sum(event.size for one in part for event in one.missed)


async def _read_missed(one: Opening) -> None:
    subscription, dispatcher = one.subscription, _dispatcher(one)
    if not subscription.is_open:
        return
    if subscription.options.cache:
        await _read_newest(one)
        return
    try:
        page = await dispatcher.missed(subscription.reader)
    except StreamReset:
        # What follows was let go of in this very moment.
        await _take_place(one, None, is_lost=True)
    except HubError:
        # The database does not answer: what was missed follows when it does.
        return
    else:
        if page:
            subscription.reader.sent = page[-1].offset or subscription.reader.sent
            one.missed = [event.event for event in page]


async def _read_newest(one: Opening) -> None:
    """Read the newest event alone, unless the client has it (cache recovery mode)."""
    stream, joined, since = one.subscription.stream, one.joined, one.since
    assert joined is not None and since is not None
    if since == joined.position:
        return
    # What is published meanwhile follows as it comes, so it must not be told here.
    last = Position(joined.position.epoch, joined.position.offset + 1)
    page = await in_database(history, stream, limit=1, since=last, reverse=True)
    one.missed = page.events
    one.joined = Joined(joined.position, recovered=[joined.position.offset] == [event.offset for event in page.events])


def _dispatcher(one: Opening) -> Dispatcher:
    return one.subscription.session.runtime.dispatcher
