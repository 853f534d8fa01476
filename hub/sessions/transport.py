"""What carries a session: a WebSocket, or a stream beside which the client posts its commands."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hub.core.wire import Payload

if TYPE_CHECKING:
    from hub.core.protocol import Codec


class Transport(Protocol):
    """One way to one client. Whoever serves it calls `Session.receive` and, at the end, `Session.closed`."""

    #: How messages look.
    codec: "Codec"
    #: Whether the client sends nothing after its first request: then it answers no ping either.
    unidirectional: bool
    #: Whether commands come beside the stream, one request each: late, twice, or in another order.
    emulated: bool
    #: Whether the transport itself sees to it that the client is there.
    native_pings: bool
    #: Hands whole WebSocket frames to the connection, and returns whether it took them; never waits. None where there
    #: is no such thing.
    write: Callable[[bytes], bool] | None

    async def send(self, message: Payload) -> None:
        """Send a message; waits while the client does not read. Where it has gone, nothing happens."""

    async def close(self, code: int, reason: str) -> None:
        """End the connection, also of a client that does not read: by a close frame, or by a push and the stream's end.

        Arguments:
            code: of section 7 of the protocol; it tells the client whether to come back.
            reason: up to 123 bytes.
        """
