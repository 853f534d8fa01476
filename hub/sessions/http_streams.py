"""The addresses of streamed responses: those of both directions, and those of one (protocol, sections 3.2 and 3.3)."""

import random

from hub.conf import conf
from hub.core.asgi import Receive, Scope, Send
from hub.core.codecs.centrifugo import JSON
from hub.core.protocol import Disconnect
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.protobuf.codec import PROTOBUF
from hub.sessions.cross_origin import Headers
from hub.sessions.endpoint import BINARY, Endpoint, Refused, is_binary, read_body
from hub.sessions.framing import FramedCodec, as_events, as_is, as_lines
from hub.sessions.positions import PositionCodec, PositionTransport
from hub.sessions.serving import Opening, serve
from hub.sessions.streaming import StreamTransport
from hub.sessions.unidirectional import connect_request, query_of

_JSON_LINES: Headers = [(b"content-type", b"application/x-ndjson; charset=utf-8")]
_BINARY: Headers = [(b"content-type", BINARY.encode())]
_EVENTS: Headers = [(b"content-type", b"text/event-stream; charset=utf-8")]

_LINES = FramedCodec(JSON, as_lines)
_MESSAGES = FramedCodec(PROTOBUF, as_is)
_EVENT_STREAM = FramedCodec(JSON, as_events)
_POSITIONS = PositionCodec(JSON)

#: What an event stream begins with: proxies that wait for something have it.
PREFACE = b"\r\n"
#: Milliseconds after which an EventSource comes back: not all that are cut off together come back together.
RETRY = (500, 2_000)


async def _http_stream(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    body = await _body(receive)
    codec, headers = (_MESSAGES, _BINARY) if is_binary(scope) else (_LINES, _JSON_LINES)
    commands = _commands(body if is_binary(scope) else _text(body))
    transport = StreamTransport(codec, scope, send, unidirectional=False)
    opening = Opening([*headers, *allow], b"", lambda session: session.receive(commands))
    await serve(transport, scope, receive, opening)


async def _sse(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    sent = _text(await _body(receive)) if scope["method"] == "POST" else _asked(scope)
    commands = _commands(sent)
    transport = StreamTransport(_EVENT_STREAM, scope, send, unidirectional=False)
    opening = Opening([*_EVENTS, *allow], PREFACE, lambda session: session.receive(commands))
    await serve(transport, scope, receive, opening)


async def _uni_http_stream(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    request = _request(scope, _text(await _body(receive)))
    transport = StreamTransport(_LINES, scope, send, unidirectional=True)
    opening = Opening([*_JSON_LINES, *allow], b"", lambda session: session.connect(request))
    await serve(transport, scope, receive, opening)


async def _uni_sse(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    request = _request(scope, _text(await _body(receive)) if scope["method"] == "POST" else "")
    transport = PositionTransport(_POSITIONS, scope, send, unidirectional=True)
    first = PREFACE + f"retry: {random.randint(*RETRY)}\n\n".encode()
    opening = Opening([*_EVENTS, *allow], first, lambda session: session.connect(request))
    await serve(transport, scope, receive, opening)


async def _body(receive: Receive) -> bytes:
    return await read_body(receive, conf.MAX_MESSAGE_SIZE)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "expected text of UTF-8") from None


def _asked(scope: Scope) -> str:
    if len(scope["query_string"]) > conf.MAX_MESSAGE_SIZE:
        raise Refused(414, f"expected a query of up to {conf.MAX_MESSAGE_SIZE} bytes")
    return query_of(scope).get("cf_connect", [""])[0]


def _commands(sent: Payload) -> Payload:
    if not sent.strip():
        raise Refused(400, "expected a connect command, in the body or as cf_connect")
    return sent


def _request(scope: Scope, sent: str) -> JSONObject:
    try:
        return connect_request(JSON, scope, sent)
    except Disconnect as error:
        raise Refused(400, error.reason) from None


http_stream = Endpoint(_http_stream, "POST")
sse = Endpoint(_sse, "GET", "POST")
uni_http_stream = Endpoint(_uni_http_stream, "POST")
uni_sse = Endpoint(_uni_sse, "GET", "POST")
