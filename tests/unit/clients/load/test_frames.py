"""Frames of the load tester, by the examples of RFC 6455."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.load.frames import Frame, MessageReader, Opcode, encode_frame


def test_a_text_frame_is_masked_as_in_the_rfc() -> None:
    # RFC 6455, 5.7: a single-frame masked text message.
    expected = bytes.fromhex("818537fa213d7f9f4d5158")
    assert encode_frame(Opcode.TEXT, b"Hello", bytes.fromhex("37fa213d")) == expected


@given(st.sampled_from([0, 1, 125, 126, 65_535, 65_536]))
def test_a_frame_says_its_length(size: int) -> None:
    frame = encode_frame(Opcode.BINARY, b"x" * size, b"\0\0\0\0")
    # A mask of zeros changes nothing: without the mask's bit and bytes it is a server's frame.
    head = 2 if size < 126 else 4 if size < 65_536 else 10
    from_server = bytes([frame[0], frame[1] & 0x7F]) + frame[2:head] + frame[head + 4 :]
    assert MessageReader().feed(from_server) == [Frame(Opcode.BINARY, b"x" * size, True)]


@given(st.lists(st.integers(1, 20), max_size=20))
def test_frames_come_in_any_pieces(cuts: list[int]) -> None:
    # RFC 6455, 5.7: a fragmented text message, here with a ping in its middle.
    data = bytes.fromhex("010348656c890080026c6f81026869")
    reader, found = MessageReader(), []
    for cut in [*cuts, len(data)]:
        found += reader.feed(data[:cut])
        data = data[cut:]
    assert found == [Frame(Opcode.PING, b"", True), Frame(Opcode.TEXT, b"Hello", True), Frame(Opcode.TEXT, b"hi", True)]


def test_a_masked_frame_of_a_server_is_refused() -> None:
    with pytest.raises(ValueError, match="without a mask"):
        MessageReader().feed(encode_frame(Opcode.TEXT, b"no"))
