"""Thousands of WebSockets in one process: frames are read by picows, and counted here."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from picows import WSError, WSFrame, WSInvalidStatusError, WSListener, WSMsgType, WSTransport, ws_connect

from clients.load.latency import Histogram

if TYPE_CHECKING:
    from picows.picows import WSCloseHandshake

#: What stands before the time of sending (in nanoseconds of the steady clock) in each message of ours.
MARK = b"@t="
#: Seconds for opening a connection and for the handshake.
CONNECT_SECONDS = 30.0
#: Connections that are opened at the same time, where no rate is asked for.
AT_ONCE = 64
#: Replies to commands begin so: they repeat what was posted, and are no delivery.
_REPLY = b'{"id":'
_HELLO = b'{"hello":'


def stamped(size: int) -> str:
    """Return a message of about `size` characters that tells when it was made."""
    text = f"{MARK.decode()}{time.monotonic_ns()} "
    return text + "x" * max(size - len(text), 0)


@dataclass
class Tally:
    """What all sockets of a swarm have got together."""

    events: int = 0
    other_frames: int = 0
    bytes: int = 0

    def __post_init__(self) -> None:
        self.latency = Histogram()
        #: Connections that ended without our doing, by close code; 1006 is an end without a word.
        self.closes: Counter[int] = Counter()


class Socket(WSListener):
    """One WebSocket that counts what comes.

    Arguments:
        tally: where to.
        sampled: whether the latency of each message is noted, which costs time.
        on_event: called after each event; None for nobody.
    """

    def __init__(self, tally: Tally, *, sampled: bool, on_event: Callable[[], None] | None = None) -> None:
        self.transport: WSTransport | None = None
        self.hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.events = 0
        self.on_event = on_event
        self._tally = tally
        self._sampled = sampled
        self._leaving = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Note that the handshake is done (picows)."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count a frame (picows)."""
        payload = frame.get_payload_as_bytes()
        at = payload.find(MARK)
        if at < 0 or payload.startswith(_REPLY):
            self._take_other(frame, payload)
            return
        tally = self._tally
        self.events += 1
        tally.events += 1
        tally.bytes += len(payload)
        if self._sampled:
            sent = int(payload[at + len(MARK) : payload.index(b" ", at)])
            tally.latency.add((time.monotonic_ns() - sent) // 1000)
        if self.on_event is not None:
            self.on_event()

    def _take_other(self, frame: WSFrame, payload: bytes) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            return
        self._tally.other_frames += 1
        if payload.startswith(_HELLO) and not self.hello.done():
            self.hello.set_result(payload)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Note how it ended (picows)."""
        if not self.hello.done():
            self.hello.cancel()
        if not self._leaving:
            # Its types leave out that there may have been none.
            told = cast("WSCloseHandshake | None", transport.close_handshake)
            received = told.recv if told is not None else None
            self._tally.closes[int(received.code.value) if received is not None else 1006] += 1

    @property
    def is_open(self) -> bool:
        """Whether it is connected."""
        return self.transport is not None and not self.transport.is_disconnected

    def send(self, text: str) -> None:
        """Send a text message, unless the connection is gone."""
        if self.transport is not None and not self.transport.is_disconnected:
            self.transport.send(WSMsgType.TEXT, text.encode())

    def leave(self) -> None:
        """End the connection without a word, as programs do that are killed."""
        self._leaving = True
        if self.transport is not None:
            self.transport.disconnect(graceful=False)


class NotLetIn(Exception):
    """A connection could not be opened. Its text is a sentence."""


async def open_socket(url: str, headers: Mapping[str, str], socket: Socket, *, hello: bool = True) -> Socket:
    """Connect a socket.

    Arguments:
        url: ws or wss.
        headers: of the handshake.
        hello: whether to wait for the server's hello.
    Raises:
        NotLetIn
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await ws_connect(
                lambda: socket,
                url,
                extra_headers=dict(headers),
                websocket_handshake_timeout=CONNECT_SECONDS,
                read_buffer_init_size=4096,
            )
            if hello:
                await socket.hello
    except WSInvalidStatusError as error:
        status = error.response.status.value if error.response is not None else "nothing"
        raise NotLetIn(f"the server answered HTTP {status} to {url}") from None
    except asyncio.CancelledError:
        if socket.hello.cancelled():
            raise NotLetIn(f"the server closed the connection to {url} before its hello") from None
        raise
    except (OSError, TimeoutError, WSError) as error:
        raise NotLetIn(f"no connection to {url}: {str(error) or type(error).__name__}") from None
    return socket


async def open_all(
    openers: Sequence[Callable[[], Awaitable[Socket]]],
    *,
    rate: float | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> list[Socket]:
    """Open many sockets.

    Arguments:
        openers: each begins to open one.
        rate: connections begun a second; None for as fast as it goes, some at a time.
        told: told how many are open, now and then.
    Returns:
        Them, in order.
    Raises:
        NotLetIn: one was not.
    """
    room, done = asyncio.Semaphore(AT_ONCE), 0
    began = asyncio.get_running_loop().time()

    async def one(number: int, opener: Callable[[], Awaitable[Socket]]) -> Socket:
        nonlocal done
        if rate is not None:
            await asyncio.sleep(max(began + number / rate - asyncio.get_running_loop().time(), 0))
            socket = await opener()
        else:
            async with room:
                socket = await opener()
        done += 1
        told(done)
        return socket

    tasks = [asyncio.create_task(one(number, opener)) for number, opener in enumerate(openers)]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
