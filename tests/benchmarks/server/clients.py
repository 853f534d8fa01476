"""Clients of plain sockets, as cheap as they come, so that the server is what is measured."""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, DefaultSelector
from typing import TypeVar

_HEAD = (
    "GET /bench HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: benchmark\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: sessionid=0123456789abcdef0123456789abcdef\r\n\r\n"
)
_HELLO = b"\x81\x05hello"
#: Seconds without a sign of the server after which something is wrong.
_PATIENCE = 30.0

Item = TypeVar("Item")


def connect_all(port: int, count: int, at_a_time: int) -> list[socket.socket]:
    """Return so many clients that have heard the hello.

    Arguments:
        at_a_time: handshakes that are under way at the same time.
    """
    head = _HEAD.format(port=port).encode()
    heard: dict[socket.socket, bytes] = {}

    def begin(_: int) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(head)
        heard[client] = b""
        return client

    def is_done(client: socket.socket) -> bool:
        heard[client] += _receive(client)
        return heard[client].endswith(_HELLO)

    _work(begin, range(count), is_done, at_a_time)
    assert all(answer.startswith(b"HTTP/1.1 101 ") for answer in heard.values())
    return list(heard)


def echo_all(clients: list[socket.socket], each: int, size: int) -> None:
    """Have each client send so many messages of up to 125 bytes, each when the one before has come back."""
    frame = _frame(size)
    left = dict.fromkeys(clients, each)
    # The answer has no mask.
    missing = dict.fromkeys(clients, size + 2)

    def begin(client: socket.socket) -> socket.socket:
        client.send(frame)
        return client

    def is_done(client: socket.socket) -> bool:
        missing[client] -= len(_receive(client))
        if missing[client]:
            return False
        missing[client] = size + 2
        left[client] -= 1
        if left[client]:
            client.send(frame)
        return not left[client]

    _work(begin, clients, is_done, len(clients))


def _work(
    begin: Callable[[Item], socket.socket],
    items: Iterable[Item],
    is_done: Callable[[socket.socket], bool],
    at_a_time: int,
) -> None:
    """Do something for each item, for so many at a time, until all are done."""
    waiting = deque(items)
    with DefaultSelector() as selector:
        while waiting or selector.get_map():
            while waiting and len(selector.get_map()) < at_a_time:
                selector.register(begin(waiting.popleft()), EVENT_READ)
            ready = selector.select(_PATIENCE)
            assert ready, "expected a sign of the server"
            for key, _ in ready:
                client = key.fileobj
                assert isinstance(client, socket.socket)
                if is_done(client):
                    selector.unregister(client)


def _receive(client: socket.socket) -> bytes:
    data = client.recv(65_536)
    assert data, "expected the server to stay"
    return data


def _frame(size: int) -> bytes:
    mask, payload = os.urandom(4), b"x" * size
    return bytes((0x81, 0x80 | size)) + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
