"""Flow control, both ways: who sends waits for a client that does not read, who reads waits for a busy application.

Twisted tells a registered producer when a transport's buffer is full and when it has drained (IPushProducer); Daphne
registers none, and lets its buffers grow.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from hub.core.asgi import Message

#: Bytes that the system takes in for a client beyond what is on its way to it. Without a limit it takes megabytes for a
#: client that does not read (net.ipv4.tcp_wmem), before it says that it is enough.
UNSENT_LIMIT = 131_072
_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", None)


def limit_unsent(connection: socket.socket) -> None:
    """Have the system take in little that it cannot send yet. What is on its way, it takes as much as ever."""
    if _NOTSENT_LOWAT is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, UNSENT_LIMIT)


def send_promptly(connection: socket.socket) -> None:
    """Have the system send what is little without waiting for more."""
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@implementer(IPushProducer)
class WriteFlow:
    """Whether a connection takes more bytes just now. The transport calls `pauseProducing` and `resumeProducing`."""

    __slots__ = ("_ended", "_writable", "paused")

    def __init__(self) -> None:
        self._writable: asyncio.Event | None = None
        #: Whether the transport's buffer is full.
        self.paused = False
        self._ended = False

    def pauseProducing(self) -> None:  # Twisted's name
        """Take note that the buffer is full (IPushProducer)."""
        if not self._ended:
            self.paused = True

    def resumeProducing(self) -> None:  # Twisted's name
        """Take note that the buffer has drained (IPushProducer)."""
        self._release()
        self.drained()

    def stopProducing(self) -> None:  # Twisted's name
        """Take note that the connection is gone (IProducer): nobody must wait for it any more."""
        self._ended = True
        self._release()

    def drained(self) -> None:
        """Take note that the transport has sent all it had."""

    async def writable(self) -> None:
        """Wait until the connection takes more, or is gone."""
        while self.paused:
            if self._writable is None:
                self._writable = asyncio.Event()
            await self._writable.wait()

    def _release(self) -> None:
        self.paused = False
        if self._writable is not None:
            self._writable.set()
            self._writable = None


class Inbox:
    """What a client has sent and its application has not taken yet; past a limit, no more is read from the client.

    Arguments:
        limit: messages that may wait before reading pauses; it goes on when half of them are gone.
        byte_limit: the same for the bytes of all that wait.
        pause: stops reading from the connection.
        resume: reads on.
    """

    __slots__ = (
        "_byte_limit",
        "_getter",
        "_limit",
        "_messages",
        "_on_idle",
        "_pause",
        "_paused",
        "_resume",
        "_size",
        "_working",
    )

    def __init__(self, limit: int, byte_limit: int, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._limit = limit
        self._byte_limit = byte_limit
        self._size = 0
        self._pause = pause
        self._resume = resume
        self._paused = False
        # None where nothing waits, as nearly always: an empty deque takes 760 bytes.
        self._messages: deque[Message] | None = None
        self._getter: asyncio.Future[None] | None = None
        self._on_idle: Callable[[], None] | None = None
        self._working = 0

    def begin_work(self) -> None:
        """Take note that the application is at work on what it has taken, also while it asks for more."""
        self._working += 1

    def end_work(self) -> None:
        """Take note that it is done with that."""
        self._working -= 1
        if self._is_idle():
            self._tell_idle()

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call back once the application has done all that came and waits for more; at once if it does."""
        self._on_idle = callback
        if self._is_idle():
            self._tell_idle()

    def _is_idle(self) -> bool:
        asks = self._getter is not None and not self._getter.done()
        return asks and self._messages is None and not self._working

    def _tell_idle(self) -> None:
        if self._on_idle is not None:
            on_idle, self._on_idle = self._on_idle, None
            on_idle()

    def put_nowait(self, message: Message) -> None:
        """Add a message. Never refuses one: what the transport has read already must go somewhere."""
        if self._messages is None:
            self._messages = deque((message,))
        else:
            self._messages.append(message)
        self._size += _size(message)
        if self._getter is not None and not self._getter.done():
            self._getter.set_result(None)
        if (len(self._messages) >= self._limit or self._size >= self._byte_limit) and not self._paused:
            self._paused = True
            self._pause()

    async def get(self) -> Any:
        """Wait for the next message and take it (the ASGI `receive`)."""
        while self._messages is None:
            self._getter = asyncio.get_running_loop().create_future()
            if not self._working:
                self._tell_idle()
            try:
                await self._getter
            finally:
                self._getter = None
        message = self._messages.popleft()
        left = len(self._messages)
        if not left:
            self._messages = None
        self._size -= _size(message)
        if self._paused and left <= self._limit // 2 and self._size <= self._byte_limit // 2:
            self._paused = False
            self._resume()
        return message


def _size(message: Message) -> int:
    return len(message.get("body") or message.get("bytes") or message.get("text") or b"")
