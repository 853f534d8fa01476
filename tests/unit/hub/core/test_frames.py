"""Frames of a server: what a WebSocket library reads out of them is what was put in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.load.frames import MessageReader, Opcode
from hub.core.frames import text_frame


@given(st.text())
def test_a_text_comes_out_of_its_frame_as_it_went_in(text: str) -> None:
    (frame,) = MessageReader().feed(text_frame(text))
    assert (frame.opcode, frame.payload.decode()) == (Opcode.TEXT, text)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_length_takes_as_few_bytes_as_it_can(size: int) -> None:
    # RFC 6455, 5.2: "the minimal number of bytes MUST be used to encode the length".
    head = 2 if size < 126 else 4 if size < 65_536 else 10
    assert len(text_frame("x" * size)) == head + size


def test_frames_that_are_joined_are_still_one_message_each() -> None:
    frames = MessageReader().feed(text_frame("one") + text_frame("two"))
    assert [frame.payload for frame in frames] == [b"one", b"two"]
