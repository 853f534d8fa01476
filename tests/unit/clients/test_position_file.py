"""The file of positions: read back as it was written, and never half of it."""

from pathlib import Path

import pytest

from clients.position import Position
from clients.position_file import PositionFile

LOBBY = {"chat:lobby": Position("e1", 42)}


def test_what_was_written_is_read_back_with_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    PositionFile(path).write({"inbox#1": Position("e2", 0), "chat:lobby": Position("e1", 41)})
    file = PositionFile(path)
    file.read()
    file.write(LOBBY)
    assert PositionFile(path).read() == {"inbox#1": Position("e2", 0), **LOBBY}


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert PositionFile(tmp_path / "seen.json").read() == {}


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    file = PositionFile(path)
    file.write(LOBBY)
    with pytest.raises(UnicodeEncodeError):
        file.write({"\ud800": Position("e1", 1)})
    assert PositionFile(path).read() == LOBBY


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"a": 4}', '{"a": {"epoch": "e"}}', '{"a": {"epoch": "e", "offset": -1}}', '{"a": {"offset": true}}'],
)
def test_a_file_of_something_else_is_refused_with_an_example(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seen.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"expected in .+seen\.json a JSON object such as"):
        PositionFile(path).read()
