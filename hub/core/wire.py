"""Wire formats: how the events of a stream look to those who read them in one way."""

from typing import Protocol

from hub.core.events import Event

#: What goes into one message: text, or bytes where the format is binary.
Payload = str | bytes


class WireFormat(Protocol):
    """How events are written for some connections. A process has one object of each: what it encodes is kept by it."""

    def encode(self, stream: str, event: Event) -> Payload:
        """Return an event of a stream as one message; an empty one where these connections are not told of it.

        Only an ephemeral event may be one that they are not told of.
        """

    def frame(self, message: Payload) -> bytes:
        """Return a message as one whole WebSocket frame, so that readers can share it."""


class DeltaFormat(WireFormat, Protocol):
    """A wire format whose clients understand patches."""

    def encode_patch(self, stream: str, event: Event, patch: bytes) -> Payload:
        """Return an event as one message that says how its data differ from those of the event before it.

        Arguments:
            patch: makes this event's data of those before it (`hub.core.fossil`); of UTF-8, as they are.
        """
