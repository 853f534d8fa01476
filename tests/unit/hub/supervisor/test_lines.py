"""Whole lines out of bytes that arrive anyhow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.supervisor.lines import LineSplitter


def test_a_line_that_arrives_in_pieces_comes_out_whole() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one li") == []
    assert splitter.feed(b"ne\nand ano") == ["one line"]
    assert splitter.feed(b"ther\n\n") == ["and another", ""]


def test_the_last_line_needs_no_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"done\nalmost") == ["done"]
    assert splitter.feed(b"", final=True) == ["almost"]
    assert splitter.feed(b"", final=True) == []


def test_a_character_cut_by_the_pipe_is_put_together() -> None:
    splitter = LineSplitter()
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert splitter.feed(b"caf" + first) == []
    assert splitter.feed(second + b"\n") == ["café"]


def test_wrong_bytes_are_shown_as_such() -> None:
    assert LineSplitter().feed(b"\xff\xfe!\n") == ["\ufffd\ufffd!"]
    assert LineSplitter().feed(b"half \xc3", final=True) == ["half \ufffd"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_both_line_ends_are_known(end: bytes) -> None:
    assert LineSplitter().feed(b"a" + end + b"b" + end) == ["a", "b"]


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert LineSplitter().feed(b"\x1b[2J\tgone\x07\n") == ["\\x1b[2J\tgone\\x07"]


def test_only_a_newline_ends_a_line() -> None:
    assert LineSplitter().feed("a\u2028b\x0bc\n".encode()) == ["a\u2028b\\x0bc"]


def test_an_endless_line_is_cut_at_the_limit() -> None:
    splitter = LineSplitter(limit=4)
    assert splitter.feed(b"abcdefgh") == ["abcd", "efgh"]
    assert splitter.feed(b"ij\n") == ["ij"]
    assert splitter.feed(b"klmnop\n") == ["klmn", "op"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), st.integers(1, 7))
def test_nothing_is_lost_however_the_bytes_are_cut(text: str, step: int) -> None:
    data, splitter = text.encode(), LineSplitter(limit=5)
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    lines = [line for piece in pieces for line in splitter.feed(piece)] + splitter.feed(b"", final=True)
    assert "".join(lines) == text
    assert all(len(line) <= 5 for line in lines)
