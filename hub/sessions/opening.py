"""Opening subscriptions: many at once, with one query for the rights and one for how far the streams go."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hub.core.errors import HubError, InternalError, UnrecoverablePosition
from hub.core.events import Event, Position
from hub.core.types import JSONObject
from hub.dispatch import Dispatcher, Joined, StreamReset
from hub.namespaces import may_read, namespaces
from hub.sessions.subscription import Subscription

logger = logging.getLogger(__name__)

#: Subscriptions whose clients are told at a time what they have missed: each has a page of it.
AT_ONCE = 4
#: Bit of `flag`: the client wants an error where it cannot go on from its position.
REJECT_UNRECOVERED = 2


@dataclass(slots=True)
class Opening:
    """A subscription on its way, and what the client said of it."""

    subscription: Subscription
    request: JSONObject
    command_id: int = 0
    #: Why it does not come about.
    error: HubError | None = None
    joined: Joined | None = None
    missed: list[Event] = field(default_factory=list)

    @property
    def since(self) -> Position | None:
        """Where the client stands; None where it stands nowhere."""
        if not self.request.get("recover"):
            return None
        return Position(self.request.get("epoch", ""), self.request.get("offset", 0))

    def fail(self, error: BaseException) -> None:
        """Take note of why it does not come about, and let go of it."""
        if not isinstance(error, HubError):
            logger.error("a subscription failed", exc_info=error, extra={"action": "subscribe_failed"})
            error = InternalError()
        self.error = error
        self.subscription.close()

    def result(self) -> JSONObject:
        """Return what its client is told (SubscribeResult)."""
        assert self.joined is not None
        if not namespaces.has_history(self.subscription.stream):
            return {}
        position = self.joined.position
        result: JSONObject = {
            "recoverable": True,
            "positioned": True,
            "epoch": position.epoch,
            "offset": position.offset,
        }
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
    runtime = openings[0].subscription.session.runtime
    for one in openings:
        # Looked after before rights are asked: whatever changes from then on is heard of.
        runtime.revoker.add(one.subscription)
    await _each(openings, lambda one: may_read((one.subscription.session.user, one.subscription.stream)))
    joining = [one for one in openings if one.error is None]
    await _each(joining, lambda one: _join(runtime.dispatcher, one))


async def _each(openings: Sequence[Opening], step: Any) -> None:
    outcomes = await asyncio.gather(*map(step, openings), return_exceptions=True)
    for one, outcome in zip(openings, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            one.fail(outcome)


async def _join(dispatcher: Dispatcher, one: Opening) -> None:
    one.joined = await dispatcher.join(one.subscription.reader, one.since)
    if not one.subscription.is_open:
        # It was ended while it joined.
        dispatcher.leave(one.subscription.reader)
    elif not one.joined.recovered and one.request.get("flag", 0) & REJECT_UNRECOVERED:
        raise UnrecoverablePosition


async def read_missed(openings: Sequence[Opening]) -> None:
    """Read the first page of what each client has missed."""
    waiting = iter([one for one in openings if one.since is not None and one.joined and one.joined.recovered])
    while part := list(islice(waiting, AT_ONCE)):
        await asyncio.gather(*map(_read_missed, part))


async def _read_missed(one: Opening) -> None:
    subscription = one.subscription
    dispatcher = subscription.session.runtime.dispatcher
    try:
        page = await dispatcher.missed(subscription.reader)
    except StreamReset:
        # It was let go of in this very moment.
        one.joined = await dispatcher.join(subscription.reader, None)
        one.joined = Joined(one.joined.position, recovered=False)
    except HubError:
        # The database does not answer: what was missed follows when it does.
        return
    else:
        if page:
            subscription.reader.sent = page[-1].offset or subscription.reader.sent
            one.missed = [event.event for event in page]
