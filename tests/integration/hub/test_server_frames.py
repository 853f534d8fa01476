"""RFC 6455 to the letter: what `python -m hub.server` makes of each frame that a client may or may not send."""

import struct
from collections.abc import Iterator

import pytest

from tests.integration.hub.conftest import serving_patiently
from tests.integration.hub.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Ended, Wire, frame
from tests.programs import Server

#: Largest message and frame of the tests' server, in bytes.
LIMIT = 4_096
#: A text in which every letter takes two to four bytes.
LETTERS = "κόσμε€𝄞ß".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with small limits. At the end it must have printed no traceback."""
    sizes = ("--websocket-max-message-size", str(LIMIT), "--websocket-max-frame-size", str(LIMIT))
    with serving_patiently(*sizes, "--close-timeout", "2") as server:
        yield server
    assert "Traceback" not in server.output, server.output


@pytest.fixture
def client(server: Server) -> Iterator[Wire]:
    """A client of an application that sends everything back."""
    with Wire(server).open("/echo") as client:
        yield client


def fragments(opcode: int, *pieces: bytes) -> list[bytes]:
    """Return the frames of one message in pieces."""
    last = len(pieces) - 1
    return [frame(CONTINUATION if at else opcode, piece, fin=at == last) for at, piece in enumerate(pieces)]


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def single(data: bytes) -> list[bytes]:
    """Return the bytes of something one by one."""
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, LIMIT])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_size_up_to_the_limit_arrives(client: Wire, opcode: int, size: int) -> None:
    client.send(frame(opcode, b"*" * size))
    assert client.frame() == (opcode, b"*" * size)


def test_a_message_of_64_kib_has_the_longest_form_of_a_length(start_large: Server) -> None:
    with Wire(start_large).open("/echo") as client:
        for size in (65_535, 65_536, 65_537):
            client.send(frame(BINARY, b"*" * size))
            assert client.frame() == (BINARY, b"*" * size)


@pytest.fixture(scope="module")
def start_large() -> Iterator[Server]:
    """A server with Daphne's limits."""
    with serving_patiently() as server:
        yield server


def test_a_message_that_comes_byte_by_byte_arrives_whole(client: Wire) -> None:
    for byte in single(frame(TEXT, LETTERS)):
        client.send(byte)
    assert client.frame() == (TEXT, LETTERS)


def test_many_messages_in_one_packet_arrive_in_order(client: Wire) -> None:
    client.send(b"".join(frame(TEXT, b"%d" % number) for number in range(500)))
    assert [client.frame() for _ in range(500)] == [(TEXT, b"%d" % number) for number in range(500)]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"one", b"two"], id="two"),
        pytest.param([b"", b"", b""], id="three empty ones"),
        pytest.param([b"", b"middle", b""], id="empty ones around"),
        pytest.param(single(LETTERS), id="each letter cut"),
        pytest.param([b""] * 5_000 + [b"end"], id="thousands of empty ones"),
    ],
)
def test_a_message_in_fragments_arrives_whole(client: Wire, pieces: list[bytes]) -> None:
    client.send(b"".join(fragments(TEXT, *pieces)))
    assert client.frame() == (TEXT, b"".join(pieces))


def test_control_frames_between_fragments_are_answered_at_once(client: Wire) -> None:
    first, second, third = fragments(BINARY, b"a", b"b", b"c")
    client.send(first + frame(PING, b"1") + second + frame(PONG, b"unasked") + frame(PING, b"2") + third)
    assert [client.frame() for _ in range(3)] == [(PONG, b"1"), (PONG, b"2"), (BINARY, b"abc")]


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125))])
def test_a_ping_is_answered_with_its_payload(client: Wire, payload: bytes) -> None:
    client.send(frame(PING, payload))
    assert client.frame() == (PONG, payload)


def test_a_pong_that_nobody_asked_for_is_passed_over(client: Wire) -> None:
    client.send(frame(PONG, b"unasked") + frame(PONG) + frame(TEXT, b"next"))
    assert client.frame() == (TEXT, b"next")


OPEN = fragments(TEXT, b"begun", b"")[0]

VIOLATIONS = {
    "a frame without a mask": frame(TEXT, b"hello", mask=None),
    "an empty frame without a mask": frame(TEXT, mask=None),
    "a close without a mask": frame(CLOSE, struct.pack("!H", 1000), mask=None),
    **{f"reserved bits {rsv:03b}": frame(TEXT, b"hello", rsv=rsv) for rsv in range(1, 8)},
    "reserved bits of a ping": frame(PING, rsv=4),
    **{f"opcode {opcode:X}": frame(opcode, b"hello") for opcode in (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)},
    "an empty frame of no opcode": frame(0x3),
    "a ping in fragments": frame(PING, b"hello", fin=False),
    "a pong in fragments": frame(PONG, b"hello", fin=False),
    "a close in fragments": frame(CLOSE, struct.pack("!H", 1000), fin=False),
    "a ping of 126 bytes": frame(PING, bytes(126)),
    "a pong of 126 bytes": frame(PONG, bytes(126)),
    "a close of 126 bytes": frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124),
    "the continuation of nothing": frame(CONTINUATION, b"hello"),
    "the first piece of nothing": frame(CONTINUATION, b"hello", fin=False),
    "a text inside a message": OPEN + frame(TEXT, b"hello"),
    "binary data inside a message": OPEN + frame(BINARY, b"hello", fin=False),
    "a continuation after the end": b"".join(fragments(TEXT, b"a", b"b")) + frame(CONTINUATION, b"c"),
    "a length that could be shorter": b"\x81\xfe\x00\x05" + bytes(4) + b"hello",
    "a long length that could be shorter": b"\x81\xff" + struct.pack("!Q", 126) + bytes(4) + bytes(126),
    "a length with the highest bit set": b"\x82\xff" + struct.pack("!Q", 1 << 63) + bytes(4),
    "a close of one byte": frame(CLOSE, b"\x03"),
    **{
        f"a close with {code}": close(code)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
}


@pytest.mark.parametrize("what", VIOLATIONS)
def test_what_breaks_the_protocol_ends_the_connection_with_1002(client: Wire, what: str) -> None:
    # What comes behind is not looked at any more (RFC 6455, 7.1.7).
    client.send(VIOLATIONS[what] + frame(PING, b"ignored") + frame(TEXT, b"ignored"))
    received = b""
    while (got := client.frame())[0] != CLOSE:
        received += got[1]
    assert b"ignored" not in received
    assert struct.unpack("!H", got[1][:2])[0] == 1002
    assert client.end() == b""


INVALID_TEXTS = {
    "a byte that never occurs": b"\xff",
    "a lone continuation byte": b"\x80",
    "an overlong form": b"\xc0\xaf",
    "an overlong form of NUL": b"\xc0\x80",
    "a surrogate": b"\xed\xa0\x80",
    "beyond the last code point": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "after valid text": LETTERS + b"\xed\xa0\x80edited",
}


@pytest.mark.parametrize("what", INVALID_TEXTS)
@pytest.mark.parametrize("cut", [False, True], ids=["in one frame", "in many fragments"])
def test_text_that_is_no_utf_8_ends_the_connection_with_1007(client: Wire, what: str, cut: bool) -> None:
    text = INVALID_TEXTS[what]
    client.send(b"".join(fragments(TEXT, *single(text))) if cut else frame(TEXT, text))
    assert client.close_code() == 1007
    assert client.end() == b""


def test_text_that_ends_inside_a_code_point_ends_the_connection_with_1007(client: Wire) -> None:
    client.send(b"".join(fragments(TEXT, b"\xf0\x9d", b"\x84")))
    assert client.close_code() == 1007


def test_text_that_is_no_utf_8_is_noticed_before_its_message_ends(client: Wire) -> None:
    client.send(frame(TEXT, b"valid, " + b"\xff", fin=False))
    assert client.close_code() == 1007


def test_binary_data_may_be_anything(client: Wire) -> None:
    client.send(frame(BINARY, b"\xff\xc0\x80"))
    assert client.frame() == (BINARY, b"\xff\xc0\x80")


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_code_and_reason(client: Wire, code: int) -> None:
    client.send(close(code, "goodbye, κόσμε".encode()))
    assert client.frame() == (CLOSE, struct.pack("!H", code) + "goodbye, κόσμε".encode())
    assert client.end() == b""


def test_a_close_without_a_code_is_answered_without_one(client: Wire, server: Server) -> None:
    client.send(close())
    assert client.frame() == (CLOSE, b"")
    assert client.end() == b""
    server.wait_for("left 1005")


def test_a_close_with_the_longest_reason_is_answered(client: Wire) -> None:
    client.send(close(1000, b"x" * 123))
    assert client.frame() == (CLOSE, struct.pack("!H", 1000) + b"x" * 123)


def test_a_close_whose_reason_is_no_utf_8_is_answered_with_1007(client: Wire) -> None:
    client.send(close(1000, b"\xed\xa0\x80"))
    assert client.close_code() == 1007


def test_what_comes_after_a_close_is_passed_over(client: Wire) -> None:
    client.send(close(1000) + frame(TEXT, b"late") + frame(PING, b"late") + close(3000))
    assert client.frame() == (CLOSE, struct.pack("!H", 1000))
    assert client.end() == b""


def test_a_close_in_the_middle_of_a_message_ends_both(client: Wire) -> None:
    client.send(OPEN + close(1001))
    assert client.frame() == (CLOSE, struct.pack("!H", 1001))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(TEXT, b"x" * (LIMIT + 1)), id="in one frame"),
        pytest.param(frame(TEXT, b"x" * (LIMIT + 1))[:8], id="as its length says"),
        pytest.param(b"".join(fragments(TEXT, *[b"x" * 1_000] * 5)), id="in fragments"),
        pytest.param(b"".join(fragments(TEXT, *[b"x"] * (LIMIT + 1))), id="in fragments of a byte"),
    ],
)
def test_a_message_beyond_the_limit_ends_the_connection_with_1009(client: Wire, data: bytes) -> None:
    client.send(data)
    assert client.close_code() == 1009
    assert client.end() == b""


def test_what_an_application_sends_after_it_has_closed_goes_nowhere(server: Server) -> None:
    with Wire(server).open("/close") as client:
        assert client.frame() == (CLOSE, struct.pack("!H", 4444) + b"enough")
        client.send(frame(TEXT, b"late") + close(4444))
        assert client.end() == b""
    server.wait_for("left 4444")


def test_a_client_that_never_answers_a_close_is_let_go(server: Server) -> None:
    with Wire(server).open("/close") as client:
        assert client.close_code() == 4444
        with pytest.raises(Ended):
            client.frame()


def test_a_client_that_says_goodbye_and_does_not_read_is_let_go(server: Server) -> None:
    with Wire(server, room=4_096).open("/burst?1000") as client:
        server.wait_for("begun websocket /burst")
        client.send(close(4321))
        server.wait_for("left 4321")
