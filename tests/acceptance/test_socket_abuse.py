"""What no client should send, sent to a real hub: each abuse has its clear end, and nobody beside it notices."""

import json
import os
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websocket import ABNF

from hub.core.types import JSONObject
from tests.acceptance.conftest import running_hub
from tests.programs import PATIENCE, Subscriber, stopped
from tests.servers import HubServer, wait_until
from tests.sockets import Socket, opened
from tests.visitors import Visitor

LOBBY = "/ws/chat/lobby/"


@pytest.fixture(scope="module")
def hub(prepared_var: Path) -> Iterator[HubServer]:
    """A hub of one server process: whoever is abused shares it with everybody."""
    with running_hub(prepared_var, "--workers", "1", "--no-beat") as hub:
        yield hub


@pytest.fixture(scope="module")
def guest(hub: HubServer) -> Visitor:
    """Somebody who uses the page meanwhile."""
    return Visitor(hub.url).log_in("guest")


@pytest.fixture(scope="module")
def token(hub: HubServer) -> str:
    """What the abusers come in with."""
    return Visitor(hub.url).log_in("demo").token()


@pytest.fixture(scope="module")
def neighbour(hub: HubServer, guest: Visitor) -> Iterator[Subscriber]:
    """Somebody who reads the same room throughout."""
    with stopped(Subscriber(hub.url, LOBBY, guest.token())) as neighbour:
        neighbour.wait_until_connected()
        yield neighbour


@pytest.fixture(autouse=True)
def _nobody_notices(
    request: pytest.FixtureRequest, hub: HubServer, guest: Visitor, neighbour: Subscriber
) -> Iterator[None]:
    """Check after each abuse that the server is the same, and well, and that the neighbour gets everything."""
    server, said = hub.processes_of("hub.server")[0], len(hub.lines)
    yield
    text = f"after {request.node.name}"
    assert guest.call("POST", "/api/v1/rooms/lobby/messages/", {"body": text}).status == 201
    neighbour.wait_for_event(lambda event: event["data"].get("body") == text)
    offsets = [event["offset"] for event in neighbour.events]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
    assert neighbour.output.count("connected to") == 1
    assert guest.get("/health").status == 200
    assert server.is_running(), "the server process was started anew"
    # The whole of what it said, so that a failure shows what went wrong.
    now = "\n".join(hub.lines[said:])
    assert "Traceback" not in now, now


@pytest.fixture
def abuser(hub: HubServer, token: str) -> Iterator[Socket]:
    """A socket on the room, after its hello."""
    with opened(hub.url, LOBBY, token) as abuser:
        abuser.hello()
        yield abuser


def frame(payload: bytes, opcode: int = ABNF.OPCODE_TEXT, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a frame, right or wrong, masked with zeros (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = b"\xfe" + struct.pack("!H", size)
    else:
        length = b"\xff" + struct.pack("!Q", size)
    return bytes([fin << 7 | rsv1 << 6 | opcode]) + length + bytes(4) + payload


def send_raw(socket: Socket, data: bytes) -> None:
    """Send bytes past the library. The server may close before it has read all of them."""
    with suppress(ConnectionError):
        socket.raw.sock.sendall(data)  # type: ignore[union-attr]


def is_well(socket: Socket) -> bool:
    """Say whether a connection still takes commands."""
    return bool(socket.command("nonsense")["error"]["code"] == 104)


def connect(hub: HubServer) -> socket.socket:
    """Open a TCP connection."""
    address = urlsplit(hub.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE)


@pytest.mark.parametrize("size", [65_537, 1_048_577, 2_097_152])
def test_a_frame_that_is_too_large_ends_the_connection_with_1009(abuser: Socket, size: int) -> None:
    send_raw(abuser, frame(b"x" * size))
    assert abuser.close_code() == 1009


def test_a_message_of_too_many_large_fragments_ends_the_connection_with_1009(abuser: Socket) -> None:
    fragment = frame(b"x" * 1_024, ABNF.OPCODE_CONT, fin=False)
    send_raw(abuser, frame(b"x", fin=False) + fragment * 9_999)
    assert abuser.close_code() == 1009


def test_a_command_in_ten_thousand_fragments_is_carried_out(abuser: Socket) -> None:
    text = b'{"id":"c0","command":"message.post","data":{"body":"in pieces"}}'.ljust(10_000)
    first, *between, last = (text[index : index + 1] for index in range(len(text)))
    send_raw(abuser, frame(first, fin=False))
    send_raw(abuser, b"".join(frame(piece, ABNF.OPCODE_CONT, fin=False) for piece in between))
    send_raw(abuser, frame(last, ABNF.OPCODE_CONT))
    reply = abuser.receive_until(lambda message: message.get("id") == "c0")
    assert reply["result"]["body"] == "in pieces"


def test_binary_garbage_is_answered_with_an_error(abuser: Socket) -> None:
    for size in (0, 1, 1_000, 65_536):
        abuser.send(os.urandom(size))
        assert abuser.receive_until(lambda message: "error" in message)["error"]["code"] == 107
    assert is_well(abuser)


def test_text_that_is_no_utf_8_ends_the_connection_with_1007(abuser: Socket) -> None:
    send_raw(abuser, frame(b'{"id":"c0","command":"\xff\xfe"}'))
    assert abuser.close_code() == 1007


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(b"\x81\x02hi", id="without a mask"),
        pytest.param(frame(b"hi", rsv1=True), id="compressed, which was not agreed on"),
        pytest.param(frame(b"hi", 0x3), id="an opcode that means nothing"),
        pytest.param(frame(b"hi", ABNF.OPCODE_CONT), id="the continuation of nothing"),
        pytest.param(frame(b"hi", fin=False) + frame(b"hi"), id="a message inside another"),
        pytest.param(frame(b"x" * 126, ABNF.OPCODE_PING), id="a ping that is too long"),
        pytest.param(frame(b"hi", ABNF.OPCODE_PING, fin=False), id="a ping in fragments"),
    ],
)
def test_frames_that_break_the_protocol_end_the_connection_with_1002(abuser: Socket, frames: bytes) -> None:
    send_raw(abuser, frames)
    assert abuser.close_code() == 1002


@pytest.mark.parametrize("payload", [b"\x03", struct.pack("!H", 1006), struct.pack("!H", 1000) + b"\xff"])
def test_a_close_that_breaks_the_protocol_ends_the_connection(abuser: Socket, payload: bytes) -> None:
    send_raw(abuser, frame(payload, ABNF.OPCODE_CLOSE))
    # Who has said goodbye already may be cut off without an answer (RFC 6455, 7.1.7).
    assert abuser.close_code() in {1002, 1006, 1007}


def test_compression_is_not_agreed_to(hub: HubServer, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Sec-WebSocket-Extensions": "permessage-deflate"}
    offering = Socket(hub.url, LOBBY, headers)
    assert "sec-websocket-extensions" not in (offering.raw.getheaders() or {})
    offering.drop()


NESTED = "[" * 100 + "]" * 100
ODDITIES = {
    "100 levels": f'{{"id":"c0","command":"typing","data":{{"a":{NESTED}}}}}',
    "a lone bracket, many times": "[" * 60_000,
    "many small objects": '{"a":' * 10_000,
    "an endless string": '"' + "x" * 60_000,
    "a number of 5,000 digits": f'{{"id":{"9" * 5_000},"command":"typing"}}',
    "a large number in the data": f'{{"id":"c0","command":"typing","data":{{"a":{"9" * 4_000}}}}}',
    "NaN": '{"id":"c0","command":"typing","data":{"a":NaN}}',
    "infinity": '{"id":"c0","command":"typing","data":{"a":-Infinity}}',
    "a number beyond all floats": '{"id":1e999,"command":"typing"}',
    "a key twice": '{"id":"c0","command":"typing","data":{"a":1,"a":2}}',
    "lone surrogates": '{"id":"c0","command":"message.post","data":{"body":"\\ud800 \\udc00"}}',
    "NUL in a body": '{"id":"c0","command":"message.post","data":{"body":"a\\u0000b"}}',
    "a raw NUL": '{"id":"c0","command":"message.post","data":{"body":"a\x00b"}}',
    "a NUL in a name": '{"id":"c0","command":"typing\\u0000"}',
    "a body of white space": '{"id":"c0","command":"message.post","data":{"body":"\\u2003\\n\\u3000"}}',
    "four thousand keys": json.dumps({"id": "c0", "command": "typing", "data": dict.fromkeys(map(str, range(4_000)))}),
    "a byte order mark": '\ufeff{"id":"c0","command":"typing"}',
    "nothing": "",
}


@pytest.mark.parametrize("what", ODDITIES)
def test_odd_json_is_answered_with_an_error_and_the_connection_lives_on(abuser: Socket, what: str) -> None:
    abuser.send(ODDITIES[what])
    answer = abuser.receive_until(lambda message: "error" in message)
    assert answer["error"]["code"] in {104, 107}
    assert len(answer["error"]["message"]) < 300, "what was sent is not sent back"
    assert is_well(abuser)


def test_a_flood_of_commands_is_answered_to_the_last_one(abuser: Socket, neighbour: Subscriber) -> None:
    commands = (
        json.dumps({"id": number, "command": "message.post", "data": {"body": f"flood {number}"}})
        for number in range(2_000)
    )
    send_raw(abuser, b"".join(frame(command.encode()) for command in commands))
    replies: list[JSONObject] = []
    while len(replies) < 2_000:
        replies.append(abuser.receive_until(lambda message: "id" in message))
    assert [reply["id"] for reply in replies] == list(range(2_000))
    posted = [reply["id"] for reply in replies if "result" in reply]
    assert Counter(reply["error"]["code"] for reply in replies if "error" in reply) == {111: 2_000 - len(posted)}
    assert 60 <= len(posted) < 1_000, "the burst goes through, and then 20 a second"
    neighbour.wait_for_event(lambda event: event["data"].get("body") == f"flood {posted[-1]}")
    bodies = [str(event["data"].get("body")) for event in neighbour.events]
    assert [body for body in bodies if body.startswith("flood")] == [f"flood {number}" for number in posted]


def test_a_flood_of_pings_is_answered(abuser: Socket) -> None:
    send_raw(abuser, frame(b"", ABNF.OPCODE_PING) * 2_000)
    pongs = 0
    while pongs < 2_000:
        opcode, _ = abuser.raw.recv_data_frame(control_frame=True)
        pongs += opcode == ABNF.OPCODE_PONG
    assert is_well(abuser)


GARBAGE = [
    b"",
    b"G",
    b"\x00" * 100,
    os.urandom(1_000),
    b"GET " + LOBBY.encode() + b" HTTP/1.1\r\nHost:",
    b"GET /" + b"x" * 20_000,
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2_000,
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nx",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100),
]


def test_three_hundred_connections_dropped_without_a_handshake_are_forgotten(hub: HubServer) -> None:
    server = hub.processes_of("hub.server")[0]
    before = server.num_fds()
    with ExitStack() as kept:
        for number in range(300):
            connection = kept.enter_context(connect(hub))
            connection.sendall(GARBAGE[number % len(GARBAGE)])
            if number % 2:
                # A reset instead of an orderly end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
    wait_until(lambda: server.num_fds() < before + 20, "the connections to be forgotten", seconds=PATIENCE)


def test_a_hundred_sockets_dropped_in_the_middle_of_the_handshake_are_forgotten(hub: HubServer, token: str) -> None:
    server = hub.processes_of("hub.server")[0]
    before = server.num_fds()
    request = (
        f"GET {LOBBY} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()
    for number in range(100):
        with connect(hub) as connection:
            connection.sendall(request)
            if number % 2:
                connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: server.num_fds() < before + 20, "the connections to be forgotten", seconds=PATIENCE)


def test_clients_that_never_read_hold_nobody_up_and_have_missed_nothing_when_they_do(
    hub: HubServer, token: str, neighbour: Subscriber
) -> None:
    with ExitStack() as kept:
        silent = [kept.enter_context(opened(hub.url, LOBBY, token, room=4_096)) for _ in range(10)]
        post_long_messages(hub, 200)
        neighbour.wait_for_event(is_long_message(199))
        for reader in silent:
            # With as little room as before it would take minutes.
            reader.raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_048_576)  # type: ignore[union-attr]
            last = reader.receive_until(is_long_message(199))
            offsets = [event["offset"] for event in reader.events if "offset" in event]
            assert offsets == list(range(last["offset"] - len(offsets) + 1, last["offset"] + 1))
            assert len(offsets) >= 200


def post_long_messages(hub: HubServer, count: int) -> None:
    """Post messages of 4,000 characters from the shell, where no limit counts them."""
    done = hub.manage(
        *("shell", "--verbosity", "0", "--command"),
        "from chat.models import *; room = Room.objects.get(slug='lobby')\n"
        f"for number in range({count}): Message.objects.create(room=room, body=f'{{number}} {{\"x\" * 3_990}}')",
    )
    assert done.returncode == 0, done.stderr


def is_long_message(number: int) -> Callable[[JSONObject], bool]:
    """Return what recognises the event of one of them."""
    return lambda message: str(message.get("data", {}).get("body")).startswith(f"{number} xxx")


def test_a_client_that_never_reads_its_own_replies_is_held_back(hub: HubServer, token: str) -> None:
    server = hub.processes_of("hub.server")[0]
    before = server.memory_info().rss
    with opened(hub.url, LOBBY, token) as greedy:
        greedy.raw.settimeout(1.0)
        commands = frame(json.dumps({"id": "x" * 64, "command": "y" * 60_000}).encode()) * 10
        # Held back, or sent away.
        with suppress(TimeoutError, ConnectionError):
            for _ in range(100):
                greedy.raw.sock.sendall(commands)  # type: ignore[union-attr]
    assert server.memory_info().rss - before < 50 * 1_048_576
