"""A session: one client, what it has subscribed to, and what it asks for."""

import secrets
import uuid
from typing import TYPE_CHECKING

from hub.core.asgi import Scope
from hub.core.events import Position
from hub.core.types import JSONObject, JSONValue
from hub.core.wire import Payload

if TYPE_CHECKING:
    from hub.sessions.transport import Transport


class Session:
    """What one client and the server say to each other.

    Arguments:
        transport: carries it.
        scope: the ASGI scope of the connection.
    """

    def __init__(self, transport: "Transport", scope: Scope) -> None:
        #: What others see of the connection; a UUID.
        self.client = str(uuid.uuid4())
        #: What proves that a command beside the stream belongs to it: not to be shown to anyone else.
        self.session = secrets.token_urlsafe(24)
        #: Whose it is: the text of a user's key, another id that a token gave, or nothing.
        self.user_id = ""
        self._transport = transport
        self._scope = scope

    async def receive(self, frame: Payload) -> None:
        """Carry out the commands of a frame, in order. Never raises."""
        raise NotImplementedError

    async def connect(self, request: JSONObject) -> None:
        """Begin a unidirectional session: all that its client ever says. Never raises."""
        raise NotImplementedError

    async def disconnect(self, code: int, reason: str = "") -> None:
        """End it, and let its client know why."""
        raise NotImplementedError

    async def closed(self) -> None:
        """Let go of everything: the transport is gone."""
        raise NotImplementedError

    async def add_subscription(
        self,
        stream: str,
        *,
        expire_at: float | None = None,
        info: JSONValue = None,
        data: JSONValue = None,
        recover_since: Position | None = None,
        override: dict[str, bool] | None = None,
    ) -> None:
        """Subscribe the client to a stream on the server's side, whatever its rights, and tell it."""
        raise NotImplementedError

    async def remove_subscription(self, stream: str, code: int = 2000, reason: str = "server unsubscribe") -> None:
        """End a subscription, and tell the client; one that there is not is none too many."""
        raise NotImplementedError

    async def refresh(self, *, expired: bool, expire_at: float | None, info: JSONValue = None) -> None:
        """Move the end of the connection, or end it now where it has expired, as the server API asks."""
        raise NotImplementedError
