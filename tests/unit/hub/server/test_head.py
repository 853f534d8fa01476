"""The head of a handshake: what is read at one go, and what is left to Twisted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.server.head import read_head
from tests.integration.hub.wire import HANDSHAKE, request

WHOLE = request(path="/ws/one/?since=0", **HANDSHAKE)


def test_a_whole_head_is_read_and_what_comes_behind_it_is_kept() -> None:
    read = read_head(WHOLE + b"\x81\x80more")
    assert read is not None
    assert read.rest == b"\x81\x80more"
    assert (read.head.method, read.head.target, read.head.version) == (b"GET", b"/ws/one/?since=0", b"HTTP/1.1")
    assert {name: list(values) for name, values in read.head.fields.items()} == {
        name.lower().encode(): [value.encode()] for name, value in HANDSHAKE.items()
    }


def test_values_lose_the_blanks_around_them_and_keep_their_order() -> None:
    read = read_head(b"GET / HTTP/1.1\r\nX-One: \t a b \t\r\nx-two:\r\nX-ONE:c\r\n\r\n")
    assert read is not None
    assert dict(read.head.fields) == {b"x-one": [b"a b", b"c"], b"x-two": [b""]}


@given(st.integers(0, len(WHOLE) - 1))
def test_a_part_of_a_head_is_left_alone(size: int) -> None:
    assert read_head(WHOLE[:size]) is None


@pytest.mark.parametrize(
    "data",
    [
        request("POST", "/", **HANDSHAKE),
        request("GET", "/", "1.0", **HANDSHAKE),
        request("GET", "http://localhost/", **HANDSHAKE),
        request("GET", "/#part", **HANDSHAKE),
        request("GET", "/a b", **HANDSHAKE),
        request("GET", "/é", **HANDSHAKE),
        request("GET", "/", X_Long="x" * 16_384),
        request(**HANDSHAKE, Content_Length="5"),
        request(**HANDSHAKE, Transfer_Encoding="chunked"),
        request(**HANDSHAKE, Expect="100-continue"),
        WHOLE.replace(b"\r\n", b"\n"),
        WHOLE.replace(b"Upgrade: websocket", b"Upgrade : websocket"),
        WHOLE.replace(b"Upgrade: websocket", b": websocket"),
        WHOLE.replace(b"Upgrade: websocket", b"Upgrade:\r\n websocket"),
        WHOLE.replace(b"Host", b"H\xf6st"),
        b"\r\n" + WHOLE,
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 501 + b"\r\n",
    ],
)
def test_any_other_head_is_left_to_twisted(data: bytes) -> None:
    assert read_head(data) is None


@pytest.mark.parametrize("byte", [*range(9), *range(10, 32), 0x7F, 0x85])
def test_no_value_holds_what_could_end_a_line(byte: int) -> None:
    data = request(path="/", X_One="a%sb").replace(b"%s", bytes((byte,)))
    assert read_head(data) is None


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything(data: bytes) -> None:
    read_head(data)
    read_head(b"GET / HTTP/1.1\r\n" + data + b"\r\n\r\n")
