"""What the server API does to sessions: to whom, and in what order."""

import asyncio
from typing import Any

import pytest

from hub.core.asgi import Scope
from hub.core.control import DisconnectSessions, Refresh, Subscribe, Unsubscribe
from hub.core.events import Position
from hub.sessions.acting import SessionActions
from hub.sessions.registry import SessionRegistry
from hub.sessions.session import Session

SCOPE: Scope = {"type": "websocket"}


class RecordingSession(Session):
    """A session that notes what is done to it. What it is subscribed to takes a while, and fails where told so."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.client = f"client of {user_id}"
        self.session = f"session of {user_id}"
        self.done: list[Any] = []
        self.may_subscribe = asyncio.Event()
        self.error: Exception | None = None

    async def add_subscription(self, stream: str, **given: Any) -> None:
        await self.may_subscribe.wait()
        if self.error is not None:
            raise self.error
        self.done.append(("subscribe", stream, given))

    async def remove_subscription(self, stream: str, code: int = 0, reason: str = "") -> None:
        self.done.append(("unsubscribe", stream, code, reason))

    async def refresh(self, **given: Any) -> None:
        self.done.append(("refresh", given))

    async def disconnect(self, code: int, reason: str = "") -> None:
        self.done.append(("disconnect", code, reason))


@pytest.fixture
async def sessions() -> tuple[RecordingSession, RecordingSession]:
    """Two sessions, of the users 7 and 8."""
    return RecordingSession("7"), RecordingSession("8")


@pytest.fixture
async def actions(sessions: tuple[RecordingSession, RecordingSession]) -> SessionActions:
    """What acts on them."""
    registry = SessionRegistry()
    for session in sessions:
        registry.add(session)
    return SessionActions(registry)


async def turns(count: int = 10) -> None:
    """Let everything go on that needs to wait for nobody."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_everything_that_was_asked_for_reaches_the_session_that_matches(
    sessions: tuple[RecordingSession, RecordingSession], actions: SessionActions
) -> None:
    mine, other = sessions
    mine.may_subscribe.set()
    since, options = Position("e", 3), {"presence": True}
    actions.act(Subscribe(user="7", stream="t:a", expire_at=9.0, info=1, data=2, recover_since=since, override=options))
    actions.act(Refresh(client=mine.client, expired=True, expire_at=8.0, info={"a": 1}))
    actions.act(Unsubscribe(session=mine.session, stream="t:a", code=2500, reason="moved"))
    actions.act(Unsubscribe(user="9", stream="t:a"))
    actions.act(Unsubscribe(user="8", client=mine.client, stream="t:a"))
    await turns()
    given = {"expire_at": 9.0, "info": 1, "data": 2, "recover_since": since, "override": options}
    assert mine.done == [
        ("subscribe", "t:a", given),
        ("refresh", {"expired": True, "expire_at": 8.0, "info": {"a": 1}}),
        ("unsubscribe", "t:a", 2500, "moved"),
    ]
    assert other.done == []


async def test_an_unsubscribe_waits_for_the_subscribe_before_it_and_nobody_else_does(
    sessions: tuple[RecordingSession, RecordingSession], actions: SessionActions
) -> None:
    slow, other = sessions
    actions.act(Subscribe(user="7", stream="t:a"))
    actions.act(Unsubscribe(user="7", stream="t:a"))
    actions.act(Unsubscribe(user="8", stream="t:a"))
    await turns()
    assert (len(slow.done), len(other.done)) == (0, 1)
    slow.may_subscribe.set()
    await turns()
    assert [done[0] for done in slow.done] == ["subscribe", "unsubscribe"]


async def test_what_fails_keeps_nothing_that_follows_from_being_done(
    sessions: tuple[RecordingSession, RecordingSession], actions: SessionActions
) -> None:
    mine, _ = sessions
    mine.error = RuntimeError("no")
    mine.may_subscribe.set()
    actions.act(Subscribe(user="7", stream="t:a"))
    actions.act(Refresh(user="7"))
    await turns()
    assert [done[0] for done in mine.done] == ["refresh"]


async def test_a_disconnect_waits_for_nothing_and_leaves_those_on_the_whitelist(
    sessions: tuple[RecordingSession, RecordingSession], actions: SessionActions
) -> None:
    mine, other = sessions
    actions.act(Subscribe(user="7", stream="t:a"))
    actions.act(DisconnectSessions(user="7", code=3011, reason="move"))
    actions.act(DisconnectSessions(user="8", whitelist=(other.client,)))
    await turns()
    assert mine.done == [("disconnect", 3011, "move")]
    assert other.done == []
    await actions.stop()


async def test_nothing_is_kept_of_what_is_done(
    sessions: tuple[RecordingSession, RecordingSession], actions: SessionActions
) -> None:
    sessions[0].may_subscribe.set()
    for _ in range(3):
        actions.act(Subscribe(user="7", stream="t:a"))
    await turns()
    assert actions._last == {}
