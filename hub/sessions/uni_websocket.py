"""`/connection/uni_websocket`: a session over a WebSocket whose client says nothing after its first message."""

from hub.conf import conf
from hub.core.asgi import Message, Receive, Scope, Send
from hub.core.codecs.centrifugo import JSON
from hub.core.codes import CloseCode
from hub.core.protocol import Disconnect
from hub.sessions.session import Session
from hub.sessions.unidirectional import connect_request, query_of
from hub.sessions.websocket import WebSocketTransport, let_in, payload_of


async def uni_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection (ASGI)."""
    if not await let_in(scope, receive, send):
        return
    session = Session(WebSocketTransport(scope, send, JSON, unidirectional=True), scope)
    try:
        # Whoever says in the address what it wants need not say it again.
        said = not query_of(scope).keys().isdisjoint({"cf_connect", "stream"})
        if said:
            await _connect(session, scope, {"type": "websocket.receive", "text": ""})
        while (message := await receive())["type"] == "websocket.receive":
            if not said:
                said = True
                await _connect(session, scope, message)
    finally:
        # Here, since a cancelled task reads no disconnect.
        await session.closed()


async def _connect(session: Session, scope: Scope, first: Message) -> None:
    sent = payload_of(first)
    if len(sent) > conf.MAX_MESSAGE_SIZE:
        await session.disconnect(int(CloseCode.TOO_BIG))
        return
    try:
        request = connect_request(JSON, scope, sent)
    except Disconnect as end:
        await session.disconnect(end.code, end.reason)
    else:
        await session.connect(request)
