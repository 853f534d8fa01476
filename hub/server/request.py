"""An HTTP request: Daphne's, with flow control for long bodies and long responses."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.web.http import toChunk

from hub.core.asgi import STREAM_EXTENSION, Message, Scope
from hub.server.descriptors import has_room
from hub.server.flow import WriteFlow
from hub.server.handshake import Head, check_handshake, wants_websocket
from hub.server.heartbeat import Heartbeat
from hub.server.liveness import peer_is_gone, socket_of
from hub.server.refusal import Refusal
from hub.server.writing import write_at_once


class _Elsewhere(BytesIO):
    """Stands where Twisted and Daphne keep a request's body, which is passed on instead."""

    #: Daphne reads nothing from what is closed.
    closed = True


class FlowRequest(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """One HTTP request and its response."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.flow = WriteFlow()
        #: Bytes of the body that have come so far.
        self.received = 0
        self._body = bytearray()
        # Whether the application began before the body was there.
        self._begun = False
        # Where the response has no end of its own: ends it, and when its client was last looked for.
        self._on_end: Callable[[], None] | None = None
        self._heartbeat: Heartbeat | None = None
        # Forms are the application's business; Twisted would read them as well, all in memory.
        super().__init__(*args, **kwargs, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:  # Twisted's name
        """Take note that a body may come."""
        self.content = _Elsewhere()

    def handleContentChunk(self, data: bytes) -> None:  # Twisted's name
        """Take a piece of the body."""
        self.received += len(data)
        if self.application_queue is not None and not self.finished:
            self._body += data

    def begin(self, command: bytes, path: bytes, version: bytes) -> None:
        """Start the application: the head is there, and the body is to come."""
        self._begun = True
        super().requestReceived(command, path, version)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # Twisted's name
        """Take note that all of the request is there; start the application if it is not."""
        if not self._begun:
            super().requestReceived(command, path, version)
        if self.application_queue is not None and not self.finished:
            self._put_body(more=False)

    def pass_on(self) -> None:
        """Give the application what has come of the body since."""
        if self._body:
            self._put_body(more=True)

    def _put_body(self, *, more: bool) -> None:
        body, self._body = bytes(self._body), bytearray()
        self.application_queue.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def process(self) -> None:
        """Hand the request over: to an application, or to a WebSocket."""
        headers = self.requestHeaders
        if not wants_websocket(headers.getRawHeaders(b"Upgrade") or ()):
            super().process()
            return
        fields = {name.lower(): values for name, values in headers.getAllRawHeaders()}
        head = Head(self.method, self.uri, self.clientproto, fields)
        refusal = check_handshake(head, has_body=self._begun)
        if refusal is not None:
            self._refuse(refusal)
        else:
            self.channel.upgrade(head)

    def _refuse(self, refusal: Refusal) -> None:
        if self._begun:
            self.channel.refuse(refusal)
            return
        self.setResponseCode(refusal.status, refusal.phrase)
        for name, value in refusal.all_headers:
            self.setHeader(name, value)
        self.write(refusal.body)
        self.finish()

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

    # A response without an end of its own

    def offer_stream(self, scope: Scope) -> None:
        """Let the application say that its response has no end of its own (STREAM_EXTENSION)."""
        tools = {"open": self.open_stream, "write": self.write_now, "cut": self.cut_off}
        scope.setdefault("extensions", {})[STREAM_EXTENSION] = tools

    def open_stream(self, on_end: Callable[[], None]) -> bool:
        """Take note that the response has no end of its own. Returns whether there is room for one that stays.

        Arguments:
            on_end: has the application end it.
        """
        if self.channel is None or not has_room(self.transport):
            return False
        self._on_end = on_end
        self._heartbeat = Heartbeat(self.server.ping_interval, 0)
        return True

    @property
    def is_stream(self) -> bool:
        """Whether the response has no end of its own."""
        return self._on_end is not None

    def end_stream(self) -> None:
        """Have the application end such a response."""
        if self._on_end is not None:
            self._on_end()

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call back once the application has done all that came and waits for more."""
        if self.application_queue is not None:
            self.application_queue.when_idle(callback)

    def write_now(self, body: bytes) -> bool:
        """Send a piece of the body. Returns False, and sends nothing, while the connection does not take it."""
        if self.flow.paused or self.finished or self.channel is None or not self.startedWriting:
            return False
        if self.chunked:
            self.sentLength += len(body)
            write_at_once(self.transport, b"".join(toChunk(body)))
        else:
            self.write(body)
        return True

    def cut_off(self) -> None:
        """End the connection at once."""
        if self.channel is not None and not self.finished:
            self.transport.abortConnection()

    def check_timeouts(self) -> None:
        """End what takes too long, and the response to a client that is gone."""
        if self._heartbeat is not None:
            self._check_stream(self._heartbeat)
            return
        super().check_timeouts()
        if self.flow.paused and self.transport is not None and peer_is_gone(socket_of(self.transport)):
            self.transport.abortConnection()

    def _check_stream(self, heartbeat: Heartbeat) -> None:
        if 0 <= self.server.websocket_timeout < self.server.age_of(self):
            self.end_stream()
        # It sends nothing by which it could be seen to live: only TCP can tell.
        if (self.flow.paused or heartbeat.is_due) and self.channel is not None:
            heartbeat.hear()
            if peer_is_gone(socket_of(self.transport)):
                self.cut_off()

    def pause_reading(self) -> None:
        """Read no more of the body, so that TCP holds the client back."""
        if self.channel is not None and not self.finished:
            self.channel.hold()

    def resume_reading(self) -> None:
        """Read on."""
        if self.channel is not None and not self.finished:
            self.channel.release()
