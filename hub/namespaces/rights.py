"""Who may do what: what the options of a namespace say, and where they leave it open, its methods."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from hub.core.errors import BadRequest
from hub.core.streams import StreamName
from hub.identity import AnyUser, Guest, user_key
from hub.namespaces.asking import Asked, ask_each, denial, refusal
from hub.namespaces.base import BaseNamespace, Caller

Right = Literal["subscribe", "publish", "history", "presence"]


def readers(namespace: BaseNamespace, asked: Sequence[tuple[AnyUser, StreamName]]) -> list[Exception | None]:
    """Say of each who may read: None, or why not. With as few queries as `may_subscribe` makes for all.

    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    callers = [Caller(user, stream) for user, stream in asked]
    return _judge(
        callers, lambda caller: _rule(namespace, caller), namespace.may_subscribe, namespace.guest_can_subscribe, "read"
    )


def publishers(namespace: BaseNamespace, callers: Sequence[Caller]) -> list[Exception | None]:
    """Say of each who may publish, as `readers` does."""

    def rule(caller: Caller) -> Exception | bool:
        return _check_form(namespace, caller.stream) or grants(namespace, "publish", caller)

    return _judge(callers, rule, namespace.may_publish, namespace.guest_can_publish, "publish to")


def closed(namespace: BaseNamespace, caller: Caller) -> Exception | None:
    """Say why somebody may not read a stream whatever the methods say, as a private one; None where these are asked.

    Whoever reads it all the same has a token that says so.
    """
    ruled = None if caller.subscribed else _rule(namespace, caller)
    return ruled if isinstance(ruled, Exception) else None


def grants(namespace: BaseNamespace, right: Right, caller: Caller) -> bool:
    """Say whether the options give somebody a right; as in Centrifugo, `…_for_anonymous` widens the other two."""
    if namespace.is_open():
        return True
    to_client = getattr(namespace, f"allow_{right}_for_client")
    to_subscriber = right != "subscribe" and caller.subscribed and getattr(namespace, f"allow_{right}_for_subscriber")
    if not (to_client or to_subscriber):
        return False
    is_anonymous = isinstance(caller.identity, Guest) and caller.identity.is_anonymous
    return not is_anonymous or bool(getattr(namespace, f"allow_{right}_for_anonymous"))


def _rule(namespace: BaseNamespace, caller: Caller) -> Exception | bool:
    """Return whether the options let somebody read, or why nobody may, whatever the methods say."""
    stream = caller.stream
    if stream.is_private and not namespace.is_open():
        # Only a token grants it (Centrifugo client protocol, section 5), and then nobody is asked.
        return denial(stream, "read")
    if (wrong := _check_form(namespace, stream)) is not None:
        return wrong
    if namespace.allow_user_limited_channels and "#" in stream.full:
        listed = stream.full.rpartition("#")[2].split(",")
        key = user_key(caller.identity)
        return True if key and key in listed else denial(stream, "read")
    return grants(namespace, "subscribe", caller)


def _check_form(namespace: BaseNamespace, stream: StreamName) -> Exception | None:
    if namespace.channel_regex and not re.search(namespace.channel_regex, stream.rest):
        return BadRequest(f"expected a stream name that fits its namespace, got {stream.full[:80]!r}")
    return None


def _judge(
    callers: Sequence[Caller],
    rule: Callable[[Caller], Exception | bool],
    may: Callable[[Sequence[Asked]], Sequence[Exception | None]],
    guest_may: Callable[[Guest, StreamName], bool],
    what: str,
) -> list[Exception | None]:
    verdicts: list[Exception | None] = [None] * len(callers)
    left: dict[int, Asked] = {}
    for place, caller in enumerate(callers):
        ruled = rule(caller)
        if isinstance(ruled, Exception):
            verdicts[place] = ruled
        elif ruled:
            continue
        elif isinstance(caller.identity, Guest):
            verdicts[place] = refusal(guest_may, caller.identity, caller.stream, what)
        else:
            left[place] = (caller.identity, caller.stream)
    if left:
        for place, verdict in zip(left, ask_each(may, list(left.values())), strict=True):
            verdicts[place] = verdict
    return verdicts
