"""What reaches the terminal."""

import io

from hub.supervisor.output import Output, wants_colour


class Screen(io.StringIO):
    """A terminal that can be read back."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class ClosedPipe(io.StringIO):
    """An output whose reader has gone."""

    def write(self, text: str, /) -> int:
        """Fail as a pipe does."""
        raise BrokenPipeError


def test_each_line_carries_the_name_of_its_part_in_one_column() -> None:
    stream = io.StringIO()
    output = Output(stream, ["web.1", "worker"], colour=False)
    output.line("web.1", "listening")
    output.line("worker", "ready")
    output.say("both run")
    assert stream.getvalue().splitlines() == ["web.1  | listening", "worker | ready", "hub    | both run"]


def test_an_announcement_stands_apart() -> None:
    stream = io.StringIO()
    Output(stream, [], colour=False).announce("Hubbub is ready", "Log in")
    assert stream.getvalue() == "\nHubbub is ready\nLog in\n\n"


def test_a_part_keeps_its_colour_and_has_its_own() -> None:
    stream = io.StringIO()
    output = Output(stream, ["web.1", "web.2"], colour=True)
    for name in ("web.1", "web.2", "web.1"):
        output.line(name, "")
    first, second, again = stream.getvalue().splitlines()
    assert first == again == "\x1b[36mweb.1 | \x1b[0m"
    assert second == "\x1b[33mweb.2 | \x1b[0m"


def test_colour_is_for_a_terminal_that_wants_it() -> None:
    assert wants_colour(Screen(), {"TERM": "xterm"})
    assert not wants_colour(io.StringIO(), {"TERM": "xterm"})
    assert not wants_colour(Screen(), {"TERM": "xterm", "NO_COLOR": "1"})
    assert not wants_colour(Screen(), {"TERM": "dumb"})


def test_a_reader_that_went_away_stops_nothing() -> None:
    output = Output(ClosedPipe(), ["web.1"], colour=False)
    output.line("web.1", "nobody hears this")
    output.say("nor this")
