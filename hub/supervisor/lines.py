"""Cuts what a process writes into whole lines, however its bytes arrive."""

import codecs

#: Characters after which a line without an end is cut, so that it cannot fill the memory.
LONGEST_LINE = 16_384

#: Control characters are shown, not obeyed: a log line must not move the cursor of whoever reads it.
_VISIBLE = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\t"}


class LineSplitter:
    """Takes bytes and gives lines of text. Wrong UTF-8 becomes the replacement character."""

    def __init__(self, limit: int = LONGEST_LINE) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""
        self._limit = limit

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that `data` completes; with `final` also the one that was never ended."""
        *lines, self._held = (self._held + self._decode(data, final)).split("\n")
        if (final and self._held) or len(self._held) >= self._limit:
            lines.append(self._held)
            self._held = ""
        return [piece for line in lines for piece in self._pieces(line.rstrip("\r"))]

    def _pieces(self, line: str) -> list[str]:
        cuts = range(0, max(len(line), 1), self._limit)
        return [line[start : start + self._limit].translate(_VISIBLE) for start in cuts]
