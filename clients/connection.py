"""One websocket connection, read by a thread of its own, so that pings are answered while the program is busy."""

import contextlib
import queue
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websocket import (
    ABNF,
    WebSocket,
    WebSocketBadStatusException,
    WebSocketException,
    WebSocketTimeoutException,
)

from clients.heartbeat import Heartbeat
from clients.refusals import close_code_is_final, status_is_final

CONNECT_SECONDS = 10.0
#: How many messages wait for a busy program before the thread stops reading, and so the server sending.
WAITING_MESSAGES = 256
NO_CODE = 1005  # RFC 6455, 7.1.5: what a close frame without a code stands for.


@dataclass(frozen=True)
class Ended:
    """The connection is over; `final` means that there is no point in another attempt."""

    reason: str
    final: bool = False


class _Socket(WebSocket):
    def send_close(self, status: int = 1000, reason: str | bytes = b"") -> None:
        # Called by the library when the server closes. A server that is gone already must not hide its close code.
        with contextlib.suppress(OSError, WebSocketException):
            super().send_close(status, reason)


def _no_answer(_: str) -> None:
    return None


class Connection:
    """Connects and receives in the background; ask `receive()` for what came.

    Arguments:
        url: the whole ws or wss address.
        headers: HTTP header lines for the handshake.
        heartbeat: decides on pings and on when the connection is dead.
        first: what is sent as soon as there is a connection.
        answer: returns what a message is answered with at once, by the thread itself; None for most.
    """

    def __init__(
        self,
        url: str,
        headers: Sequence[str],
        heartbeat: Heartbeat,
        first: str | None = None,
        answer: Callable[[str], str | None] = _no_answer,
    ) -> None:
        self._url = url
        self._headers = list(headers)
        self._heartbeat = heartbeat
        self._first = first
        self._answer = answer
        self._socket = _Socket()
        self._inbox: queue.SimpleQueue[str | Ended] = queue.SimpleQueue()
        self._room = threading.Semaphore(WAITING_MESSAGES)
        self._closing = threading.Event()
        # A daemon: a name look-up cannot be interrupted, and must not hold up the end of the program.
        self._reader = threading.Thread(target=self._run, name="connection", daemon=True)
        self._reader.start()

    def receive(self, seconds: float | None) -> str | Ended | None:
        """Return the next text message, an Ended as the last thing of all, or None when `seconds` passed without."""
        try:
            item = self._inbox.get(timeout=seconds)
        except queue.Empty:
            return None
        self._room.release()
        return item

    def send(self, message: str) -> None:
        """Send a text message. That the connection is over is for `receive()` to tell."""
        try:
            self._socket.send(message)
        except (OSError, WebSocketException):
            # What was sent in part leaves nothing to go on with.
            self._socket.abort()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Say goodbye and let the thread end; what it has read is forgotten. It does not wait."""
        self._closing.set()
        if self._socket.connected:
            self._socket.send_close()
            self._socket.abort()  # type: ignore[no-untyped-call]
        # The thread may be waiting for room.
        self._room.release()

    def _run(self) -> None:
        # Said only if this thread fails in a way nobody thought of; its traceback says the rest.
        ended = Ended("the connection failed unexpectedly")
        try:
            self._socket.connect(  # type: ignore[no-untyped-call]
                self._url,
                header=self._headers,
                timeout=CONNECT_SECONDS,
                # An Origin is a browser's word about the page; a redirect would take the token elsewhere.
                suppress_origin=True,
                redirect_limit=0,
            )
            ended = self._read()
        except (OSError, WebSocketException) as error:
            ended = self._explain(error)
        finally:
            self._socket.shutdown()  # type: ignore[no-untyped-call]
            self._put(ended)

    def _read(self) -> Ended:
        self._heartbeat.heard(time.monotonic())
        if self._first is not None:
            self._socket.send(self._first)
        while not self._closing.is_set():
            now = time.monotonic()
            if self._heartbeat.dead(now):
                return Ended("the server did not answer a ping")
            if self._heartbeat.ping_due(now):
                self._socket.ping()
                self._heartbeat.pinged(now)
            # Never 0, which would mean "do not wait": a ping or the end would have been due.
            self._socket.settimeout(self._heartbeat.wait(now))
            try:
                opcode, frame = self._socket.recv_data_frame(control_frame=True)
            except WebSocketTimeoutException:
                # What has come of a frame is kept by the library for the next call.
                continue
            self._heartbeat.heard(time.monotonic())
            if opcode == ABNF.OPCODE_CLOSE:
                return _closed(frame.data)
            if opcode == ABNF.OPCODE_TEXT:
                self._take(frame.data.decode())
        return Ended("closed by this program")

    def _take(self, message: str) -> None:
        answer = self._answer(message)
        if answer is not None:
            self._socket.send(answer)
        self._put(message)

    def _put(self, item: str | Ended) -> None:
        if self._closing.is_set():
            return
        self._room.acquire()
        if not self._closing.is_set():
            self._inbox.put(item)

    def _explain(self, error: OSError | WebSocketException) -> Ended:
        if isinstance(error, WebSocketBadStatusException):
            status, phrase = error.status_code, error.status_message or ""
            return Ended(f"the server answered HTTP {status} {phrase}".rstrip(), status_is_final(status))
        response = self._socket.handshake_response
        if response is not None and status_is_final(response.status):
            target = response.headers.get("location", "an unknown address").partition("?")[0]
            return Ended(
                f"the server redirects (HTTP {response.status}) to {target}, which is not followed", final=True
            )
        if isinstance(error, WebSocketTimeoutException):
            return Ended("the server did not answer in time")
        # A failed name look-up comes wrapped.
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
        return Ended(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)


def _closed(payload: bytes) -> Ended:
    code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else NO_CODE
    reason = payload[2:].decode(errors="replace")
    said = f" ({reason})" if reason else ""
    return Ended(f"the server closed the connection with code {code}{said}", close_code_is_final(code))
