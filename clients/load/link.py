"""Connections of the load tester: a WebSocket and an HTTP request over asyncio's streams, many at a time.

`clients.connection` serves one connection well, by a thread; a thousand of them need an event loop.
"""

import asyncio
import base64
import hashlib
import json
import os
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from clients.load.frames import Frame, MessageReader, Opcode, encode_frame

#: Seconds for opening a connection and for the handshake.
CONNECT_SECONDS = 10.0
#: Seconds without a sign of life after which a socket counts as dead: the hub pings every 20.
SILENCE_SECONDS = 27.0
#: What a connection that ended without a close frame is said to have ended with (RFC 6455, 7.4.1).
ABNORMAL = 1006
#: What a close frame without a code stands for (RFC 6455, 7.4.1).
NO_CODE = 1005
READ_BYTES = 65_536

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class LinkClosed(Exception):
    """A WebSocket is over.

    Arguments:
        code: the close code; 1006 where there was no close frame.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code} {reason}".rstrip())
        self.code = code


@dataclass(frozen=True)
class Server:
    """Where a server is, and what one proves oneself with."""

    #: e.g. `http://127.0.0.1:8000`.
    url: str
    token: str

    @property
    def host(self) -> str:
        """Its name and port, for the Host header."""
        return urlsplit(self.url).netloc

    async def connect(self, *, buffer: int = READ_BYTES) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection.

        Arguments:
            buffer: bytes that are read ahead.
        Raises:
            OSError, TimeoutError: there is none to be had.
        """
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncio.open_connection(
                parts.hostname,
                parts.port or (443 if secure else 80),
                ssl=ssl.create_default_context() if secure else None,
                limit=buffer,
            )


async def request(
    server: Server, method: str, path: str, body: Mapping[str, object] | None = None, *, timeout: float = 15.0
) -> tuple[int, dict[str, object]]:
    """Make an HTTP request with JSON. Returns the status, and the object answered (an empty one where there is none).

    Raises:
        OSError, TimeoutError, ValueError: no answer came, or none of HTTP.
    """
    async with asyncio.timeout(timeout):
        reader, writer = await server.connect()
        try:
            payload = b"" if body is None else json.dumps(body).encode()
            # HTTP/1.0: the answer ends with the connection and comes unchunked.
            head = (
                f"{method} {path} HTTP/1.0\r\nHost: {server.host}\r\nAuthorization: Bearer {server.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
            )
            writer.write(head.encode() + payload)
            await writer.drain()
            return _answer(await reader.read())
        finally:
            writer.close()


def _answer(data: bytes) -> tuple[int, dict[str, object]]:
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise ValueError(f"expected an HTTP answer, got {data[:80]!r}")
    found = json.loads(body) if body.strip() else {}
    return int(words[1]), found if isinstance(found, dict) else {}


class Link:
    """One WebSocket. Open it by `open_link`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._messages = MessageReader()
        self._waiting: deque[Frame] = deque()

    async def receive(self, *, most: int = READ_BYTES) -> str:
        """Return the next text message; pings are answered on the way.

        Arguments:
            most: bytes to read from the network at a time; few make a reader slow.
        Raises:
            LinkClosed: there is none.
        """
        while True:
            while self._waiting:
                if (text := self._take(self._waiting.popleft())) is not None:
                    return text
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    data = await self._reader.read(most)
            except (OSError, TimeoutError) as error:
                raise LinkClosed(ABNORMAL, str(error) or "silence") from error
            if not data:
                raise LinkClosed(ABNORMAL)
            self._waiting.extend(self._messages.feed(data))

    def _take(self, frame: Frame) -> str | None:
        if frame.opcode == Opcode.TEXT:
            return frame.payload.decode()
        if frame.opcode == Opcode.PING:
            self._write(Opcode.PONG, frame.payload)
        elif frame.opcode == Opcode.CLOSE:
            self._write(Opcode.CLOSE, frame.payload[:2])
            code = int.from_bytes(frame.payload[:2], "big") if len(frame.payload) >= 2 else NO_CODE
            raise LinkClosed(code, frame.payload[2:].decode(errors="replace"))
        return None

    def send(self, message: Mapping[str, object]) -> None:
        """Send a JSON object as a text message."""
        self._write(Opcode.TEXT, json.dumps(message).encode())

    def _write(self, opcode: Opcode, payload: bytes) -> None:
        # A connection that is gone is noticed by whoever reads.
        with suppress(OSError, RuntimeError):
            self._writer.write(encode_frame(opcode, payload))

    def leave(self) -> None:
        """Say that one goes (1000); whoever receives then hears of the end."""
        self._write(Opcode.CLOSE, (1000).to_bytes(2, "big"))

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._writer.transport.abort()


async def open_link(server: Server, path: str, *, buffer: int = READ_BYTES) -> Link:
    """Open a WebSocket (RFC 6455, 4.1).

    Arguments:
        path: with the query.
        buffer: bytes that are read ahead.
    Raises:
        LinkClosed: the server does not let it in, with the HTTP status as code, or is not there (1006).
    """
    try:
        reader, writer = await server.connect(buffer=buffer)
    except (OSError, TimeoutError) as error:
        raise LinkClosed(ABNORMAL, str(error)) from error
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await _shake_hands(server, path, reader, writer)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        writer.transport.abort()
        raise LinkClosed(ABNORMAL, str(error)) from error
    except BaseException:
        writer.transport.abort()
        raise
    return Link(reader, writer)


async def _shake_hands(server: Server, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    key = base64.b64encode(os.urandom(16))
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {server.host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.decode()}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {server.token}",
    )
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer.split(b" ", 2)[1])
    if status != 101:
        raise LinkClosed(status, "handshake refused")
    expected = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    if expected not in answer:
        raise LinkClosed(ABNORMAL, "the handshake's answer is not to our key")
