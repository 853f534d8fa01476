"""A websocket server that follows a script, one function per connection, so that it can misbehave on purpose."""

import base64
import contextlib
import hashlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_HANDSHAKE_MARK = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_PATIENCE = 20.0


def event(offset: int) -> dict[str, object]:
    """Return an event as the server sends it."""
    return {"offset": offset, "type": "message.created", "at": "2026-01-02T03:04:05.678Z", "data": {"id": offset}}


class Peer:
    """The server's side of one connection: the request that came, and what to answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._input = connection.makefile("rb")
        request = self._input.readline().decode().split()
        self.target = request[1] if len(request) > 1 else ""
        lines = iter(lambda: self._input.readline().decode().strip(), "")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def query(self) -> dict[str, str]:
        """The query parameters of the request."""
        return dict(parse_qsl(urlsplit(self.target).query))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(data)

    def refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer the handshake with an HTTP status."""
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Length: 0"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send_bytes("\r\n".join([*lines, "", ""]).encode())

    def accept(self) -> None:
        """Accept the handshake."""
        digest = hashlib.sha1((self.headers["sec-websocket-key"] + _HANDSHAKE_MARK).encode()).digest()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}", "", ""]
        self.send_bytes("\r\n".join(lines).encode())

    def hello(self, offset: int, *, epoch: str = "e1", recovered: bool = True, accepted: bool = False) -> None:
        """Accept, unless that was done before, and say from which offset on events follow."""
        if not accepted:
            self.accept()
        position = {"epoch": epoch, "offset": offset, "recovered": recovered}
        self.send({"hello": {"stream": "chat:lobby", **position, "user": "demo"}})

    def events(self, *offsets: int) -> None:
        """Send an event for each offset."""
        for offset in offsets:
            self.send(event(offset))

    def send(self, message: object) -> None:
        """Send a text message: a string as it is, anything else as JSON."""
        self.frame(TEXT, (message if isinstance(message, str) else json.dumps(message)).encode())

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame."""
        self.frame(CLOSE, struct.pack("!H", code) + reason.encode())

    def frame(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        """Send a frame (RFC 6455, 5.2)."""
        self.send_bytes(encoded(opcode, payload, final=final))

    def receive(self) -> tuple[int, bytes]:
        """Return opcode and payload of the client's next frame; a close frame without payload when it just went."""
        with contextlib.suppress(ConnectionError):
            head = self._input.read(2)
            if len(head) == 2:
                length = head[1] & 0x7F
                assert length < 127, "the client sends short frames only"
                if length == 126:
                    length = int.from_bytes(self._input.read(2), "big")
                mask, payload = self._input.read(4), self._input.read(length)
                return head[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return CLOSE, b""

    def commands(self) -> list[dict[str, Any]]:
        """Return the commands of the client's next text frame (Centrifugo client protocol)."""
        opcode, payload = self.receive()
        assert opcode == TEXT, opcode
        return [json.loads(line) for line in payload.decode().split("\n")]

    def until_closed(self) -> int | None:
        """Wait for the client to go; return its close code, None when it sent none."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None
            if opcode == PING:
                self.frame(PONG, payload)


def encoded(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """Return a server's frame as bytes."""
    first = opcode | (0x80 if final else 0)
    if len(payload) < 126:
        return struct.pack("!BB", first, len(payload)) + payload
    if len(payload) < 1 << 16:
        return struct.pack("!BBH", first, 126, len(payload)) + payload
    return struct.pack("!BBQ", first, 127, len(payload)) + payload


Script = Callable[[Peer], object]


class ScriptedStream:
    """Serves one connection after the other, each by the next script; the connection ends with its script.

    Leaving the context raises what a script raised, and complains of connections too many or too few.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = list(scripts)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="scripted stream")
        self._current: socket.socket | None = None
        self._error: BaseException | None = None
        host, port = self._listener.getsockname()
        self.address = f"{host}:{port}"
        self.url = f"{'wss' if tls else 'ws'}://{self.address}/ws/chat/lobby/"

    def __enter__(self) -> "ScriptedStream":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A closed listener does not wake a thread that waits in accept(); a shut one does.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        current = self._current
        if current is not None:
            with contextlib.suppress(OSError):
                current.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._listener.close()
        if kind is None:
            if self._error is not None:
                raise self._error
            assert not self._scripts, f"{len(self._scripts)} more connections were expected"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_PATIENCE)
                self._current = connection
                # The client may leave at any moment.
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    self._serve_one(connection)
                self._current = None

    def _serve_one(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            peer = Peer(connection)
            assert self._scripts, f"a connection to {peer.target} was not expected"
            self._scripts.pop(0)(peer)
        except (AssertionError, TimeoutError) as error:
            self._error = self._error or error
        finally:
            if self._tls is not None:
                connection.close()
