"""A file that keeps where a reader stands in its streams, from one run of the program to the next."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from clients.position import Position


class PositionFile:
    """JSON: `{"chat:lobby": {"epoch": "6f2c0a", "offset": 42}}`.

    Arguments:
        path: where it is, or will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        #: What it says, of the streams of earlier runs too.
        self._positions: dict[str, Position] = {}

    def read(self) -> dict[str, Position]:
        """Return the positions that the file keeps; none where there is no file.

        Raises:
            ValueError: the file says something else; the text of the error is a sentence for people.
            OSError: it cannot be read.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        self._positions = _positions(self._path, text)
        return dict(self._positions)

    def write(self, positions: Mapping[str, Position]) -> None:
        """Put positions into the file, as a whole or not at all; those of other streams stay.

        Raises:
            OSError: it cannot be written.
        """
        self._positions |= positions
        members = {name: {"epoch": one.epoch, "offset": one.offset} for name, one in self._positions.items()}
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        beside.write_text(json.dumps(members, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(self._path)


def _positions(path: Path, text: str) -> dict[str, Position]:
    problem = f'expected in {path} a JSON object such as {{"chat:lobby": {{"epoch": "6f2c0a", "offset": 42}}}}'
    try:
        members = json.loads(text)
    except ValueError:
        raise ValueError(problem) from None
    positions = {}
    for stream, member in members.items() if isinstance(members, dict) else [("", None)]:
        match member:
            case {"epoch": str(epoch), "offset": int(offset)} if offset >= 0 and not isinstance(offset, bool):
                positions[stream] = Position(epoch, offset)
            case _:
                raise ValueError(problem)
    return positions
