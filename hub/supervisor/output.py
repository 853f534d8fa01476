"""The one place that writes to the terminal: each line whole, with the name of the part that said it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

#: The name under which the supervisor itself speaks.
HUB = "hub"

#: Colours of the parts (ANSI 31-36, normal then bright), taken in turn: a part keeps its colour over restarts.
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Terminal(Protocol):
    """What the output needs of a text stream."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...
    def close(self) -> None: ...


def wants_colour(stream: Terminal, environ: Mapping[str, str]) -> bool:
    """Say whether to colour: on a terminal that can, unless `NO_COLOR` is set (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


class Output:
    """Writes prefixed lines.

    Arguments:
        stream: where to.
        names: the parts that will speak, in a fixed order, for the width of the prefix and the colours.
        colour: whether to colour the prefixes.
    """

    def __init__(self, stream: Terminal, names: list[str], *, colour: bool) -> None:
        self._stream = stream
        self._lost = False
        width = max(map(len, [HUB, *names]))
        self._prefixes = {name: f"{name:<{width}} | " for name in [HUB, *names]}
        if colour:
            for position, name in enumerate(names):
                code = _COLOURS[position % len(_COLOURS)]
                self._prefixes[name] = f"\x1b[{code}m{self._prefixes[name]}\x1b[0m"
            self._prefixes[HUB] = f"\x1b[1m{self._prefixes[HUB]}\x1b[0m"

    def line(self, name: str, text: str) -> None:
        """Write one line that the part `name` said."""
        self._write(f"{self._prefixes[name]}{text}\n")

    def say(self, sentence: str) -> None:
        """Write one line of the supervisor's own."""
        self.line(HUB, sentence)

    def announce(self, *sentences: str) -> None:
        """Write lines meant to be found at a glance: without prefix, between blank lines."""
        self._write("\n" + "".join(f"{sentence}\n" for sentence in sentences) + "\n")

    def _write(self, text: str) -> None:
        # The reader may go away (a closed terminal, `| head`). The hub is not there to be read: it goes on.
        if self._lost:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._lost = True
            # Else Python would try again at the exit, and end with a code of its own.
            with suppress(OSError):
                self._stream.close()
