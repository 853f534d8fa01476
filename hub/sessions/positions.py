"""Server-sent events that carry in their ids where the reader stands, so that an EventSource goes on from there.

A message says by its type what it does to its reader's positions, and is one object for all readers, as always. Only
the id is each reader's own.
"""

import asyncio
from collections.abc import Mapping, Sequence

from hub.core.asgi import Scope, Send
from hub.core.codes import reconnects
from hub.core.event_ids import EventIds
from hub.core.events import Event, Position
from hub.core.protocol import Codec
from hub.core.types import JSONObject
from hub.core.wire import Payload
from hub.sessions.framing import FramedCodec, FramedFormat, as_events
from hub.sessions.streaming import StreamTransport

#: Milliseconds after which an EventSource comes back that is told that it need not: it would come for ever.
NEVER = 3_600_000


class Publication(str):
    """A push of an event that has a place in its stream."""

    __slots__ = ("offset", "stream")

    stream: str
    offset: int


class Entering(str):
    """A push that says from where on streams are read."""

    __slots__ = ("positions",)

    positions: Mapping[str, Position]


class Leaving(str):
    """A push that says that a stream is not read any more."""

    __slots__ = ("stream",)

    stream: str


class Several(str):
    """Messages that were joined."""

    __slots__ = ("messages",)

    messages: Sequence[Payload]


class PublicationFormat(FramedFormat):
    """A wire format whose messages say which place in which stream they have."""

    def encode(self, stream: str, event: Event) -> Payload:
        """Return an event of a stream as one message, or an empty one."""
        return _placed(super().encode(stream, event), stream, event)

    def encode_patch(self, stream: str, event: Event, patch: bytes) -> Payload:
        """Return an event as a patch of the data of the one before it."""
        return _placed(super().encode_patch(stream, event, patch), stream, event)


def _placed(message: Payload, stream: str, event: Event) -> Payload:
    """Return a message that says which place in which stream it has; an ephemeral event has none."""
    if event.offset is None or not isinstance(message, str):
        return message
    publication = Publication(message)
    publication.stream, publication.offset = stream, event.offset
    return publication


class PositionCodec(FramedCodec):
    """A codec whose pushes say what they do to the positions of their reader.

    Arguments:
        codec: of text; encodes everything.
    """

    format = PublicationFormat

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec, as_events)

    def push(self, kind: str, body: JSONObject, channel: str = "", *, bare: bool = False) -> Payload:
        """Return what the server says unasked."""
        text = str(super().push(kind, body, channel, bare=bare))
        if kind in {"connect", "subscribe"}:
            entering = Entering(text)
            subscriptions = body.get("subs") or {} if kind == "connect" else {channel: body}
            entering.positions = {stream: _position(result) for stream, result in subscriptions.items()}
            return entering
        if kind == "unsubscribe":
            leaving = Leaving(text)
            leaving.stream = channel
            return leaving
        return text

    def join(self, messages: Sequence[Payload]) -> Payload:
        """Return several messages as one."""
        several = Several(super().join(messages))
        several.messages = tuple(messages)
        return several


def _position(result: JSONObject) -> Position:
    """Return where a reader stands with the result of a subscription, and what that brings along."""
    offsets = [event.offset for event in result.get("publications") or () if event.offset is not None]
    return Position(result.get("epoch") or "", offsets[-1] if offsets else result.get("offset") or 0)


class PositionTransport(StreamTransport):
    """A stream of events with such ids. Arguments as with `StreamTransport`; the codec is a `PositionCodec`."""

    def __init__(self, codec: Codec, scope: Scope, send: Send, *, unidirectional: bool) -> None:
        super().__init__(codec, scope, send, unidirectional=unidirectional)
        # What all readers get as the same bytes could hold no id.
        self.write = None
        self._ids = EventIds()
        # An id tells of all streams: it must not overtake an event of another one that it tells of.
        self._turn = asyncio.Lock()

    async def send(self, message: Payload) -> None:
        """Send a message, with the id that belongs to it; waits while the client does not read."""
        messages = message.messages if isinstance(message, Several) else [message]
        async with self._turn:
            for one in messages:
                await self._send_one(one)

    async def _send_one(self, message: Payload) -> None:
        if self.is_ended:
            return
        event_id = self._id_with(message)
        await self._send_body((f"id: {event_id}\n".encode() if event_id else b"") + self.codec.frame(message))
        if isinstance(message, Publication):
            # Only now: where this was cancelled, later ids must not tell of it.
            self._ids.advance(message.stream, message.offset)

    def _id_with(self, message: Payload) -> str:
        """Return the id of a message; empty where the last one holds on."""
        if isinstance(message, Publication):
            return self._ids.at(message.stream, message.offset) if message.stream in self._ids else ""
        if isinstance(message, Entering):
            for stream, position in message.positions.items():
                self._ids.enter(stream, position)
            return str(self._ids)
        if isinstance(message, Leaving):
            self._ids.leave(message.stream)
            return str(self._ids)
        return ""

    def last_words(self, code: int, reason: str) -> bytes:
        """Return the push that a stream ends with; an EventSource that is not to come back is held off."""
        retry = b"" if reconnects(code) else f"retry: {NEVER}\n".encode()
        return retry + super().last_words(code, reason)
