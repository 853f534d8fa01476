"""`/connection/websocket`: a session over a WebSocket."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from hub.auth import check_origin
from hub.core.asgi import FRAMES_EXTENSION, Message, Receive, Scope, Send
from hub.core.codecs.centrifugo import JSON
from hub.core.codes import CloseCode
from hub.core.errors import PermissionDenied
from hub.core.protocol import Codec
from hub.core.wire import Payload
from hub.protobuf.codec import PROTOBUF
from hub.sessions.session import Session
from hub.sessions.switches import is_open

#: What clients may ask for in the handshake (section 3.1), and what they get. One that asks for nothing gets JSON.
SUBPROTOCOLS: Mapping[str, Codec] = {"centrifuge-json": JSON, "centrifuge-protobuf": PROTOBUF}
_FORMATS: Mapping[str, Codec] = {codec.name: codec for codec in (JSON, PROTOBUF)}


class WebSocketTransport:
    """A WebSocket as a session's transport.

    Arguments:
        scope: the ASGI scope of the connection.
        send: the ASGI `send`.
        codec: what its client reads.
        native_pings: whether the frames of WebSocket tell whether the client is there.
        unidirectional: whether the client says nothing after its first message.
    """

    __slots__ = ("_closed", "_send", "codec", "emulated", "native_pings", "unidirectional", "write")

    def __init__(
        self, scope: Scope, send: Send, codec: Codec, *, native_pings: bool = False, unidirectional: bool = False
    ) -> None:
        self.codec = codec
        self.unidirectional = unidirectional
        self.emulated = False
        self.native_pings = native_pings
        # Of hub.server: frames go straight to the connection. Any other server takes messages only.
        self.write = scope.get("extensions", {}).get(FRAMES_EXTENSION, {}).get("write")
        self._send = send
        self._closed = False

    async def send(self, message: Payload) -> None:
        """Send a message; waits while the client does not read."""
        if not self._closed:
            kind = "text" if isinstance(message, str) else "bytes"
            await self._send({"type": "websocket.send", kind: message})

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame."""
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection (ASGI)."""
    if not await let_in(scope, receive, send):
        return
    query = parse_qs(scope["query_string"].decode("latin1"))
    codec = _codec(scope, query)
    if codec is None:
        await send({"type": "websocket.close", "code": int(CloseCode.INAPPROPRIATE_PROTOCOL)})
        return
    native_pings = query.get("cf_ws_frame_ping_pong", [""])[0] == "true"
    session = Session(WebSocketTransport(scope, send, codec, native_pings=native_pings), scope)
    try:
        while (message := await receive())["type"] == "websocket.receive":
            await session.receive(payload_of(message))
    finally:
        # Here, since a cancelled task reads no disconnect.
        await session.closed()


async def let_in(scope: Scope, receive: Receive, send: Send) -> bool:
    """Accept a connection, unless a foreign page opens it or the way is closed. Returns whether it was accepted."""
    await receive()
    try:
        check_origin(scope)
        if not is_open(scope["path"]):
            raise PermissionDenied("this way is closed")
    except PermissionDenied:
        # A close before the accept is answered with 403 by the server (ASGI, websocket close).
        await send({"type": "websocket.close", "code": 1000})
        return False
    await send({"type": "websocket.accept", "subprotocol": _subprotocol(scope)})
    return True


def _subprotocol(scope: Scope) -> str | None:
    """Return the first protocol that the client offers and the server speaks: a browser ends a socket without it."""
    return next((name for name in scope.get("subprotocols", []) if name in SUBPROTOCOLS), None)


def _codec(scope: Scope, query: Mapping[str, list[str]]) -> Codec | None:
    """Return what the client reads; None where it asks for what there is not."""
    if (subprotocol := _subprotocol(scope)) is not None:
        return SUBPROTOCOLS[subprotocol]
    asked = query.get("format") or query.get("cf_protocol") or [JSON.name]
    return _FORMATS.get(asked[0])


def payload_of(message: Message) -> Payload:
    """Return what a client has sent (ASGI, websocket receive)."""
    payload: Payload = message["bytes"] if message.get("text") is None else message["text"]
    return payload
