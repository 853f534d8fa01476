"""The sessions of this process, to be found by whose they are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.sessions.session import Session


class SessionRegistry:
    """All sessions that are connected."""

    def __init__(self) -> None:
        self._by_client: dict[str, Session] = {}
        self._by_session: dict[str, Session] = {}
        self._by_user: dict[str, dict[str, Session]] = {}

    def __len__(self) -> int:
        return len(self._by_client)

    def __iter__(self) -> Iterator["Session"]:
        return iter(list(self._by_client.values()))

    def add(self, session: "Session") -> None:
        """Make a session known, once it is known whose it is."""
        self._by_client[session.client] = session
        self._by_session[session.session] = session
        self._by_user.setdefault(session.user_id, {})[session.client] = session

    def remove(self, session: "Session") -> None:
        """Forget a session; one that is not known is none too many."""
        self._by_client.pop(session.client, None)
        self._by_session.pop(session.session, None)
        own = self._by_user.get(session.user_id, {})
        own.pop(session.client, None)
        if not own:
            self._by_user.pop(session.user_id, None)

    def find(self, *, user: str = "", client: str = "", session: str = "") -> list["Session"]:
        """Return the sessions that match all that is given; none where nothing is."""
        if session:
            found = [self._by_session[session]] if session in self._by_session else []
        elif client:
            found = [self._by_client[client]] if client in self._by_client else []
        elif user:
            found = list(self._by_user.get(user, {}).values())
        else:
            return []
        return [one for one in found if user in ("", one.user_id) and client in ("", one.client)]

    def by_session(self, session: str) -> "Session | None":
        """Return the session of that secret id."""
        return self._by_session.get(session)
