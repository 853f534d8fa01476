"""Taking rights away from live connections: those that may no longer read what they read are ended (P5).

A change of rights is told to every process, which looks at the matching connections at once. What is told may be
lost: so every connection is looked at twice a minute besides.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from hub.core.errors import HubError, InternalError, TooManyRequests, Unauthorized
from hub.core.rights import RightsChange
from hub.credentials import Credential, identities_of
from hub.database import in_database
from hub.identity import AnyUser, Guest
from hub.namespaces import namespaces

logger = logging.getLogger(__name__)

#: Seconds in which every connection is looked at once, whatever was told.
ROUND = 20.0
#: Connections looked at in one piece of database work.
CHUNK = 200


class Connection(Protocol):
    """What can lose its rights."""

    @property
    def credential(self) -> Credential:
        """What the client has proved itself with."""

    @property
    def user_id(self) -> int | str:
        """Who it was taken for: the id of a user, or the text that names a guest."""

    @property
    def stream_read(self) -> str:
        """The stream that it reads; empty where only whose it is has to be looked at."""

    async def revoke(self, error: HubError) -> None:
        """End it: nothing more goes out but the error."""


class Revoker:
    """Looks after the rights of this process's connections."""

    def __init__(self) -> None:
        self._connections: dict[int | str, set[Connection]] = {}

    @property
    def connections(self) -> int:
        """How many connections it looks after."""
        return sum(map(len, self._connections.values()))

    def add(self, connection: Connection) -> None:
        """Look after a connection from now on."""
        self._connections.setdefault(connection.user_id, set()).add(connection)

    def remove(self, connection: Connection) -> None:
        """Look after a connection no longer."""
        own = self._connections.get(connection.user_id, set())
        own.discard(connection)
        if not own:
            self._connections.pop(connection.user_id, None)

    async def recheck(self, change: RightsChange) -> None:
        """Look at the connections that a change concerns, and end those that have lost their right.

        Raises:
            HubError: the database does not answer; they are looked at again in the next round.
        """
        users = self._connections if change.user_id is None else [change.user_id]
        matching = [
            connection
            for user_id in users
            for connection in self._connections.get(user_id, ())
            if change.stream in (None, connection.stream_read)
        ]
        for start in range(0, len(matching), CHUNK):
            await self._check(matching[start : start + CHUNK])

    async def recheck_forever(self) -> None:
        """Look at every connection once in `ROUND` seconds, a part of them every second."""
        waiting: list[Connection] = []
        share = 1
        while True:
            await asyncio.sleep(1)
            if not waiting:
                waiting = [connection for own in self._connections.values() for connection in own]
                share = round(len(waiting) / ROUND + 0.5)
            part, waiting = waiting[:share], waiting[share:]
            try:
                await self._check(part)
            except HubError as error:
                logger.warning("rights could not be checked: %s", error, extra={"action": "recheck_failed"})
            except Exception:
                # They are looked at again in the next round; the rounds must never end.
                logger.exception("rights could not be checked", extra={"action": "recheck_failed"})

    async def _check(self, connections: list[Connection]) -> None:
        asked = [(connection.credential, connection.user_id, connection.stream_read) for connection in connections]
        verdicts = await in_database(judge, asked) if asked else []
        lost = [(one, error) for one, error in zip(connections, verdicts, strict=True) if error is not None]
        for _, error in lost:
            logger.info("a connection lost its right: %s", error, extra={"action": "revoked"})
        await asyncio.gather(*(connection.revoke(error) for connection, error in lost), return_exceptions=True)


def judge(asked: Sequence[tuple[Credential, int | str, str]]) -> list[HubError | None]:
    """Say of each credential, user id and stream why it may not be read any more, or None if it may.

    Raises:
        DatabaseError: the database does not answer.
    """
    verdicts: list[HubError | None] = [None] * len(asked)
    readers: dict[int, tuple[AnyUser, str]] = {}
    users = identities_of([credential for credential, _, _ in asked])
    for place, ((_, user_id, stream), user) in enumerate(zip(asked, users, strict=True)):
        if isinstance(user, Exception):
            verdicts[place] = _loss(user)
        elif _id(user) != user_id:
            verdicts[place] = Unauthorized()
        elif stream:
            readers[place] = (user, stream)
    refusals = namespaces.check_subscribe_many(list(readers.values()))
    for place, refusal in zip(readers, refusals, strict=True):
        verdicts[place] = None if refusal is None else _loss(refusal)
    return verdicts


def _loss(error: Exception) -> HubError | None:
    """Return the error if it says that somebody has lost a right."""
    if not isinstance(error, HubError):
        logger.error("rights could not be checked", exc_info=error, extra={"action": "recheck_failed"})
        return None
    # The server's own trouble says nothing of anyone's rights.
    return None if isinstance(error, InternalError | TooManyRequests) else error


def _id(user: AnyUser) -> int | str:
    return user.id if isinstance(user, Guest) else user.pk
