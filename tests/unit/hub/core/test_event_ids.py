"""An id of a server-sent event says where its reader stands, whatever its streams are called."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.event_ids import MAX_ID, NOWHERE, EventIds, read_event_id
from hub.core.events import Position

NAMES = st.text("".join(chr(code) for code in range(0x21, 0x7F)), min_size=1, max_size=255)
EPOCHS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=64)
OFFSETS = st.integers(0, 2**53)
POSITIONS = st.dictionaries(NAMES, st.builds(Position, EPOCHS, OFFSETS), min_size=1, max_size=8)


def ids_of(positions: dict[str, Position]) -> EventIds:
    ids = EventIds()
    for stream, position in positions.items():
        ids.enter(stream, position)
    return ids


@given(POSITIONS)
def test_an_id_tells_the_positions_that_it_was_made_of(positions: dict[str, Position]) -> None:
    text = str(ids_of(positions))
    assert text.isascii() and text.isprintable()
    assert read_event_id(text) == positions


@given(POSITIONS, st.data())
def test_the_id_of_an_event_is_the_one_after_it_was_sent(positions: dict[str, Position], data: st.DataObject) -> None:
    ids = ids_of(positions)
    stream, offset = data.draw(st.sampled_from(sorted(positions))), data.draw(OFFSETS)
    told = ids.at(stream, offset)
    assert read_event_id(told) == positions | {stream: Position(positions[stream].epoch, offset)}
    assert str(ids) != told or positions[stream].offset == offset
    ids.advance(stream, offset)
    assert str(ids) == told


@given(POSITIONS, st.data())
def test_a_stream_that_was_left_is_in_no_id(positions: dict[str, Position], data: st.DataObject) -> None:
    ids = ids_of(positions)
    left = data.draw(st.sampled_from(sorted(positions)))
    ids.leave(left)
    ids.advance(left, 1)
    assert left not in ids
    assert (read_event_id(str(ids)) or {}) == {name: at for name, at in positions.items() if name != left}


def test_a_stream_without_a_history_is_in_no_id() -> None:
    ids = ids_of({"typing:lobby": Position("", 0), "chat:lobby": Position("QbKV-mDw", 41)})
    assert str(ids) == "41.QbKV-mDw.chat:lobby"
    ids.enter("chat:lobby", Position("", 0))
    assert str(ids) == ""


def test_positions_that_fit_no_header_are_told_to_be_nowhere() -> None:
    ids = ids_of({f"chat:{number}-{'x' * 240}": Position("QbKV-mDw", 1) for number in range(100)})
    assert str(ids) == NOWHERE
    assert read_event_id(NOWHERE) is None


@given(st.text(max_size=40) | st.text("0123.-a ", max_size=40))
def test_what_is_somebody_elses_id_tells_no_position_or_is_read_as_it_stands(text: str) -> None:
    found = read_event_id(text)
    if found is not None:
        assert str(ids_of(found)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "41",
        "41.QbKV-mDw",
        "41.QbKV-mDw.",
        "-1.QbKV-mDw.chat:lobby",
        "041.QbKV-mDw.chat:lobby",
        "41..chat:lobby",
        "41.QbKV-mDw.chat:lobby ",
        "41.QbKV-mDw.chat:lobby 42.QbKV-mDw.chat:lobby",
        "1" * 19 + ".QbKV-mDw.chat:lobby",
        "٤١.QbKV-mDw.chat:lobby",
        "41.QbKV-mDw." + "x" * 256,
        "41.QbKV-mDw.chat:lobby" + " 41.QbKV-mDw.a" * (MAX_ID // 10),
    ],
)
def test_what_is_no_id_tells_no_position(text: str) -> None:
    assert read_event_id(text) is None
