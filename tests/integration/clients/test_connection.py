"""One connection and its thread, against servers that stall, split and flood."""

import threading
import time

from clients.connection import WAITING_MESSAGES, Connection, Ended
from clients.heartbeat import Heartbeat
from tests.integration.clients.scripted_stream import PING, PONG, TEXT, Peer, ScriptedStream, encoded

PATIENCE = 20.0


def connect(server: ScriptedStream, ping_after: float = 20, dead_after: float = 10) -> Connection:
    return Connection(server.url, [], Heartbeat(time.monotonic(), ping_after, dead_after))


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "connection"]


def assert_readers_end() -> None:
    for thread in readers():
        thread.join(PATIENCE)
    assert readers() == []


def test_a_server_that_answers_no_ping_is_given_up() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        assert peer.receive()[0] == PING
        peer.receive()

    with ScriptedStream(script) as server:
        connection = connect(server, ping_after=0.05, dead_after=0.05)
        assert connection.receive(PATIENCE) == Ended("the server did not answer a ping")
        connection.close()
    assert_readers_end()


def test_a_server_that_answers_pings_is_kept() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        for _ in range(3):
            opcode, payload = peer.receive()
            assert opcode == PING
            peer.frame(PONG, payload)
        peer.send("still here")
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server, ping_after=0.05)
        assert connection.receive(PATIENCE) == "still here"
        connection.close()
    assert_readers_end()


def test_pings_are_answered_while_the_program_is_busy() -> None:
    answered = threading.Event()

    def script(peer: Peer) -> None:
        peer.accept()
        peer.frame(PING, b"are you there?")
        assert peer.receive() == (PONG, b"are you there?")
        answered.set()
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server)
        assert answered.wait(PATIENCE)
        connection.close()
    assert_readers_end()


def test_a_message_that_comes_in_pieces_is_put_together() -> None:
    frame = encoded(TEXT, b"first half, second half")

    def script(peer: Peer) -> None:
        peer.accept()
        peer.send_bytes(frame[:10])
        # The ping shows that the client has waited in vain for the rest meanwhile.
        opcode, payload = peer.receive()
        assert opcode == PING
        peer.send_bytes(frame[10:])
        peer.frame(PONG, payload)
        peer.frame(TEXT, b"fragm", final=False)
        peer.frame(PING)
        peer.frame(0, b"ented")
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server, ping_after=0.05)
        assert connection.receive(PATIENCE) == "first half, second half"
        assert connection.receive(PATIENCE) == "fragmented"
        connection.close()
    assert_readers_end()


def test_messages_wait_for_a_slow_program_and_the_close_comes_last() -> None:
    count = 4 * WAITING_MESSAGES

    def script(peer: Peer) -> None:
        peer.accept()
        for number in range(count):
            peer.send(str(number))
        peer.close(3001, "restart")
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server)
        received = [connection.receive(PATIENCE) for _ in range(count)]
        assert received == [str(number) for number in range(count)]
        assert connection.receive(PATIENCE) == Ended("the server closed the connection with code 3001 (restart)")
        connection.close()
    assert_readers_end()


def test_closing_ends_a_thread_that_waits_for_a_slow_program() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        while True:
            peer.send("more")

    with ScriptedStream(script) as server:
        connection = connect(server)
        end = time.monotonic() + PATIENCE
        while connection._inbox.qsize() < WAITING_MESSAGES and time.monotonic() < end:
            time.sleep(0.001)
        assert connection._inbox.qsize() == WAITING_MESSAGES
        connection.close()
        assert_readers_end()


def test_an_abrupt_end_and_a_broken_frame_are_ends_like_any_other() -> None:
    def abrupt(peer: Peer) -> None:
        peer.accept()
        peer.send_bytes(encoded(TEXT, b"cut off")[:4])

    def broken(peer: Peer) -> None:
        peer.accept()
        peer.frame(TEXT, b"\xff\xfe")
        peer.until_closed()

    with ScriptedStream(abrupt, broken) as server:
        for _ in range(2):
            connection = connect(server)
            ended = connection.receive(PATIENCE)
            assert isinstance(ended, Ended)
            assert not ended.final
            connection.close()
    assert_readers_end()


def test_a_close_without_a_code_is_told_as_such() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.frame(8)
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server)
        assert connection.receive(PATIENCE) == Ended("the server closed the connection with code 1005")
        connection.close()
    assert_readers_end()


def test_nothing_within_the_time_is_none() -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.until_closed()

    with ScriptedStream(script) as server:
        connection = connect(server)
        assert connection.receive(0.01) is None
        connection.close()
    assert_readers_end()
