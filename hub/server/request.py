"""An HTTP request: Daphne's, with flow control for long responses and proxies believed only where they are trusted."""

from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

from hub.core.asgi import Message
from hub.server.flow import WriteFlow


class FlowRequest(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """One HTTP request and its response."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.flow = WriteFlow()
        super().__init__(*args, **kwargs)

    def handle_reply(self, message: Message) -> None:
        """Carry out one ASGI message of the application (ASGI, HTTP response events)."""
        first = not self._response_started and not self.finished and self.channel is not None
        super().handle_reply(message)
        if first and self._response_started and not self.finished:
            self.registerProducer(self.flow, True)

    def finish(self) -> None:
        """End the response."""
        # Twisted wants a producer gone before the response ends.
        if self.producer is not None:
            self.unregisterProducer()
        self.flow.stopProducing()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # Twisted's name
        """Let go of whoever waits to write."""
        self.flow.stopProducing()
        super().connectionLost(reason)

    def pause_reading(self) -> None:
        """Do nothing: the body was read as a whole before the application began."""

    def resume_reading(self) -> None:
        """Do nothing: see `pause_reading`."""


class FlowHTTPFactory(HTTPFactory):  # type: ignore[misc]  # Daphne has no types
    """Makes the HTTP connections."""

    def buildProtocol(self, addr: Any) -> Any:  # Twisted's name
        """Return the protocol of a new connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = FlowRequest
        return protocol
