"""What the system knows of a connection, asked of real ones."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from hub.server.liveness import TcpState, holds_back, is_gone, peer_is_gone
from tests.servers import wait_until

Pair = tuple[socket.socket, socket.socket]


def tcp_pair() -> Pair:
    """Return two ends of a TCP connection; the second has room for little."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.connect(listener.getsockname())
        writer, _ = listener.accept()
    return writer, reader


@pytest.fixture(params=[tcp_pair, socket.socketpair])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The writing and the reading end of a connection."""
    writer, reader = request.param()
    with writer, reader:
        writer.setblocking(False)
        yield writer, reader


def test_a_reader_that_takes_no_more_holds_back_until_it_reads_on(pair: Pair) -> None:
    writer, reader = pair
    assert not holds_back(writer)
    sent = 0
    with suppress(BlockingIOError):
        while sent < 60_000:
            sent += writer.send(bytes(1_000))
    assert holds_back(writer)
    assert not peer_is_gone(writer)
    while sent:
        sent -= len(reader.recv(65_536))
    wait_until(lambda: not holds_back(writer), "everything to be on its way")


def test_a_connection_that_is_closed_holds_nothing_back() -> None:
    writer, reader = tcp_pair()
    writer.close()
    reader.close()
    assert not holds_back(writer)


@pytest.mark.parametrize(
    ("state", "gone"),
    [
        (TcpState(unacknowledged=1, retransmits=0, probes=0, silence=60_000), False),
        (TcpState(unacknowledged=1, retransmits=3, probes=0, silence=29_000), False),
        (TcpState(unacknowledged=1, retransmits=3, probes=0, silence=31_000), True),
        (TcpState(unacknowledged=0, retransmits=0, probes=1, silence=31_000), False),
        (TcpState(unacknowledged=0, retransmits=0, probes=4, silence=31_000), True),
    ],
)
def test_who_answers_nothing_that_is_repeated_for_half_a_minute_is_gone(state: TcpState, gone: bool) -> None:
    assert is_gone(state) is gone
