"""What a client's bytes mean, however they come."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.frames import binary_frame, close_frame, ping_frame, pong_frame, text_frame
from hub.core.websocket import SENDABLE, Close, Event, Parser, Ping, Pong, Violation

TEXT, BINARY, CONTINUATION = 0x1, 0x2, 0x0
LIMIT = 1_000

#: Text that has a form in UTF-8.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
masks = st.binary(min_size=4, max_size=4)


def masked(frame: bytes, mask: bytes = b"mask") -> bytes:
    """Return a server's frame as a client would send it."""
    header = {126: 4, 127: 10}.get(frame[1], 2)
    payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(frame[header:]))
    return frame[:1] + bytes((frame[1] | 0x80,)) + frame[2:header] + mask + payload


@st.composite
def fragmented(draw: st.DrawFn) -> bytes:
    """A message in fragments, text or not, with a ping between them."""
    opcode = draw(st.sampled_from([TEXT, BINARY]))
    data = draw(texts).encode() + draw(st.sampled_from([b"", b"\xff", b"\xe2\x82"]))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    frames = []
    for number, (start, end) in enumerate(pairwise([0, *cuts, len(data)])):
        first = (0x80 if number == len(cuts) else 0) | (CONTINUATION if number else opcode)
        frames.append(masked(bytes((first,)) + binary_frame(data[start:end])[1:]))
    return masked(ping_frame(b"?")).join(frames)


#: What clients send, right and wrong.
streams = st.lists(
    st.one_of(
        st.builds(lambda text, mask: masked(text_frame(text), mask), texts, masks),
        st.builds(lambda data, mask: masked(binary_frame(data), mask), st.binary(max_size=LIMIT + 10), masks),
        st.builds(lambda data: masked(ping_frame(data)), st.binary(max_size=125)),
        st.builds(lambda data: masked(pong_frame(data)), st.binary(max_size=125)),
        st.builds(lambda code: masked(close_frame(code)), st.one_of(st.none(), st.integers(0, 65_535))),
        fragmented(),
        st.binary(max_size=20),
    ),
    max_size=6,
).map(b"".join)


def read(data: bytes, cuts: tuple[int, ...] = (), *, limit: int = LIMIT) -> list[Event]:
    """Return the events of a stream that comes in pieces."""
    parser = Parser(limit, limit)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [event for start, end in pairwise(places) for event in parser.feed(data[start:end])]


@given(streams, st.lists(st.integers(0, 3_000), max_size=8))
def test_how_the_bytes_are_cut_into_packets_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    assert read(data, tuple(cuts)) == read(data)


@given(streams)
def test_bytes_that_come_one_by_one_mean_the_same(data: bytes) -> None:
    assert read(data, tuple(range(len(data)))) == read(data)


@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_raise_anything_and_nothing_follows_an_end(pieces: list[bytes]) -> None:
    parser = Parser(LIMIT, LIMIT)
    events = [event for piece in pieces for event in parser.feed(piece)]
    assert not any(isinstance(event, Close | Violation) for event in events[:-1])


@given(texts, masks, st.integers(0, 3))
def test_a_text_arrives_as_it_was_sent(text: str, mask: bytes, copies: int) -> None:
    assert read(masked(text_frame(text * copies), mask), limit=0) == [text * copies]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 512, 513, 65_535, 65_536, 100_001])
def test_a_message_of_any_size_arrives_whole(size: int) -> None:
    data = bytes(at % 251 for at in range(size))
    frames = masked(binary_frame(data)) + masked(text_frame("x" * size))
    assert read(frames, limit=0) == read(frames, (3, 7, 300, 40_000), limit=0) == [data, "x" * size]


@given(st.sampled_from(sorted(SENDABLE)), texts)
def test_a_goodbye_arrives_with_its_code_and_as_much_of_its_reason_as_fits(code: int, reason: str) -> None:
    frame = close_frame(code, reason)
    assert len(frame) <= 2 + 125
    [goodbye] = read(masked(frame))
    assert isinstance(goodbye, Close)
    assert goodbye.code == code
    assert reason.startswith(goodbye.reason)
    assert len(reason.encode()) - len(goodbye.reason.encode()) < 4 or len(frame) > 2 + 125 - 4


def test_a_goodbye_without_a_code_has_none() -> None:
    assert read(masked(close_frame(None))) == [Close(None, "")]


@given(st.binary(max_size=125))
def test_pings_and_pongs_arrive_as_they_were_sent(payload: bytes) -> None:
    assert read(masked(ping_frame(payload)) + masked(pong_frame(payload))) == [Ping(payload), Pong(payload)]


def codes(events: list[Event]) -> list[object]:
    """Return the events, and of a violation the code alone."""
    return [event.code if isinstance(event, Violation) else event for event in events]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(text_frame("no mask"), 1002, id="no mask"),
        pytest.param(masked(b"\xc1\x00"), 1002, id="a reserved bit"),
        pytest.param(masked(b"\x83\x00"), 1002, id="an unknown opcode"),
        pytest.param(masked(b"\x09\x00"), 1002, id="a ping in fragments"),
        pytest.param(masked(b"\x80\x00"), 1002, id="the continuation of nothing"),
        pytest.param(masked(b"\x88\x01x"), 1002, id="half a close code"),
        pytest.param(masked(close_frame(1005)), 1002, id="a close code that is never sent"),
        pytest.param(b"\x81\xfe" + struct.pack("!H", 5) + bytes(9), 1002, id="a length that could be shorter"),
        pytest.param(b"\x81\xff" + struct.pack("!Q", 1 << 63) + bytes(9), 1002, id="a length beyond all"),
        pytest.param(masked(binary_frame(b"\xff")).replace(b"\x82", b"\x81", 1), 1007, id="no UTF-8"),
        pytest.param(masked(text_frame("x" * (LIMIT + 1)))[:8], 1009, id="too large, as its length says"),
    ],
)
def test_what_comes_before_a_violation_counts_and_what_comes_after_does_not(data: bytes, code: int) -> None:
    before, after = masked(text_frame("before")), masked(text_frame("after"))
    assert codes(read(before + data + after)) == ["before", code]


def test_a_message_in_fragments_may_not_grow_beyond_the_limit() -> None:
    begun = masked(b"\x01" + text_frame("x" * 600)[1:])
    assert codes(read(begun + masked(b"\x80" + text_frame("x" * 400)[1:]))) == ["x" * 1_000]
    assert codes(read(begun + masked(b"\x80" + text_frame("x" * 401)[1:]))) == [1009]


def test_a_text_that_is_none_is_noticed_before_it_has_come_whole() -> None:
    whole = masked(bytes((0x81,)) + binary_frame(b"valid, \xff" + b"x" * 400)[1:])
    assert codes(read(whole[:50])) == [1007]
