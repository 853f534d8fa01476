"""Doing to this process's sessions what the server API asks for, in whatever process it was asked."""

import asyncio
from typing import TYPE_CHECKING

from hub.background import Background
from hub.core.control import DisconnectSessions, Refresh, SessionAction, Subscribe, Unsubscribe
from hub.sessions.registry import SessionRegistry

if TYPE_CHECKING:
    from hub.sessions.session import Session


class SessionActions:
    """Carries out what is to be done to sessions: to each in the order in which it was told, to all at the same time.

    Arguments:
        sessions: those of this process.
    """

    def __init__(self, sessions: SessionRegistry) -> None:
        self._sessions = sessions
        self._background = Background()
        #: The last thing that is being done to a session.
        self._last: dict[Session, asyncio.Task[None]] = {}

    def act(self, action: SessionAction) -> None:
        """Begin to do something to the sessions that match, if there are any; never waits."""
        for session in self._sessions.find(user=action.user, client=action.client, session=action.session):
            if isinstance(action, DisconnectSessions):
                if session.client not in action.whitelist:
                    # Whatever is done to it just now, it is ended.
                    self._background.spawn(session.disconnect(action.code, action.reason), "hub-disconnect")
                continue
            work = self._in_turn(session, action, self._last.get(session))
            self._last[session] = self._background.spawn(work, f"hub-{action.action}")

    async def stop(self) -> None:
        """End what is being done."""
        await self._background.stop()

    async def _in_turn(self, session: "Session", action: SessionAction, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                # Whether it failed or not: the log tells.
                await asyncio.wait([before])
            await _do(session, action)
        finally:
            if self._last.get(session) is asyncio.current_task():
                del self._last[session]


async def _do(session: "Session", action: SessionAction) -> None:
    match action:
        case Subscribe():
            await session.add_subscription(
                action.stream,
                expire_at=action.expire_at,
                info=action.info,
                data=action.data,
                recover_since=action.recover_since,
                override=action.override,
            )
        case Unsubscribe():
            await session.remove_subscription(action.stream, action.code, action.reason)
        case Refresh():
            await session.refresh(expired=action.expired, expire_at=action.expire_at, info=action.info)
