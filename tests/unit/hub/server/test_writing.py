"""What is sent at once, and what is left to Twisted."""

from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.tcp import Server

from hub.server.writing import write_at_once


class Socket:
    """A socket that takes so many bytes, or raises."""

    def __init__(self, room: int | OSError) -> None:
        self.room = room
        self.taken = b""

    def send(self, data: bytes) -> int:
        if isinstance(self.room, OSError):
            raise self.room
        self.taken += data[: self.room]
        return min(len(data), self.room)


class Transport(Server):
    """Twisted's, without an event loop."""

    def __init__(self, room: int | OSError) -> None:
        self.socket: Any = Socket(room)
        self.connected = 1
        self._tempDataBuffer = []
        self.kept = b""

    def write(self, data: bytes) -> None:
        self.kept += data


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.server.writing._PLAIN", {Transport})


@pytest.mark.parametrize(
    ("room", "taken", "kept"),
    [
        (100, b"hello", b""),
        (5, b"hello", b""),
        (2, b"he", b"llo"),
        (0, b"", b"hello"),
        (BlockingIOError(), b"", b"hello"),
        (BrokenPipeError(), b"", b"hello"),
    ],
)
def test_what_the_system_does_not_take_is_kept_by_twisted(room: int | OSError, taken: bytes, kept: bytes) -> None:
    transport = Transport(room)
    write_at_once(transport, b"hello")
    assert (transport.socket.taken, transport.kept) == (taken, kept)


@pytest.mark.parametrize(
    "state",
    [
        {"_tempDataBuffer": [b"waits"]},
        {"dataBuffer": b"waits", "offset": 3},
        {"connected": 0},
        {"TLS": True},
    ],
)
def test_nothing_overtakes_what_waits_and_nothing_goes_round_what_changes_it(state: dict[str, Any]) -> None:
    transport = Transport(100)
    vars(transport).update(state)
    write_at_once(transport, b"hello")
    assert (transport.socket.taken, transport.kept) == (b"", b"hello")


def test_what_was_sent_to_its_end_does_not_wait() -> None:
    transport = Transport(100)
    transport.dataBuffer, transport.offset = b"gone", 4
    write_at_once(transport, b"hello")
    assert transport.socket.taken == b"hello"


def test_any_other_transport_is_left_to_itself() -> None:
    written: list[bytes] = []
    write_at_once(SimpleNamespace(write=written.append), b"hello")
    assert written == [b"hello"]
