"""The table tells of what is wrong."""

from typing import Any

import pytest

from tests.chaos.run import Row, complaints
from tests.chaos.table import as_markdown

LOAD: dict[str, Any] = {
    "right": True,
    "events": 10,
    "readers": 2,
    "deliveries": 20,
    "lost": 0,
    "doubled": 0,
    "out_of_order": 0,
    "wrong": {},
    "worst_delay": 0.5,
    "slowest_post": 0.25,
    "post_errors": 0,
    "reconnects": 1,
    "closes": {"3001": 1},
}
SAID = """\
web.1  | all is well
web.1  | Traceback (most recent call last):
web.2  | INFO another process
web.1  |   File "a.py", line 1, in <module>
web.1  | KeyError: 'a'
"""


def row(load: dict[str, Any], *problems: str) -> Row:
    """Return a row."""
    return Row(fault="F1", title="a fault", seconds=1.0, load=load, note="a | b", problems=list(problems))


def test_a_row_holds_what_the_load_tester_says() -> None:
    table = as_markdown([row(LOAD)])
    assert table.splitlines()[-1] == (
        "| F1 | a fault | 10 | 2 | 20 | 0 | 0 | 0 | 0 | 0.50 s | 0.25 s | 0 | 1 | 3001: 1 | yes | a / b |"
    )


@pytest.mark.parametrize("wrong", [row({**LOAD, "right": False}), row(LOAD, "a problem"), row({})])
def test_a_row_is_right_only_if_everything_is(wrong: Row) -> None:
    assert row(LOAD).is_right
    assert not wrong.is_right
    assert "| NO |" in as_markdown([wrong])


def test_a_traceback_is_a_complaint_unless_it_is_tolerated() -> None:
    assert complaints(SAID, r"(?!)") == ["1 tracebacks: KeyError: 'a'"]
    assert complaints(SAID, "KeyError") == []
    assert complaints("web.1  | all is well", r"(?!)") == []


def test_a_fault_that_this_machine_cannot_bring_about_is_neither_kept_nor_broken() -> None:
    table = as_markdown([Row(fault="F1", title="a fault", note="not run: no disk", ran=False)])
    assert "| not run | not run: no disk |" in table
    assert " yes " not in table
    assert " NO " not in table
