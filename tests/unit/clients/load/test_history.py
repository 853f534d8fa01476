"""Histories as files."""

import io

import pytest

from clients.load.history import (
    Closed,
    Head,
    History,
    Loaded,
    Member,
    Opened,
    Outcome,
    Posted,
    Record,
    Seen,
    from_lines,
)

RECORDS: list[Record] = [
    Posted("run", "chat:a", "key", Outcome.INFO, 1.5, None),
    Opened("reader", 1, "chat:a", "epoch", 0, True, 1.0),
    Loaded("reader", 1, "chat:a", "epoch", 1, ("key",), 1.5),
    Seen("reader", 1, "chat:a", "epoch", 1, None, "digest", 2.0, 1.9),
    Closed("reader", 1, "chat:a", 3001, 3.0),
    Member("reader", "chat:a", 0.0, None),
    Head("chat:a", "epoch", 1),
]


def test_what_is_written_can_be_read_back() -> None:
    file = io.StringIO()
    history = History(file)
    for record in RECORDS:
        history.add(record)
    assert history.records == RECORDS
    assert from_lines(file.getvalue().splitlines()) == RECORDS


WRONG = ("", "[]", "{}", '{"record": "posted"}', '{"record": "nonsense"}', '{"record": "head", "x": 1}')


@pytest.mark.parametrize("line", WRONG)
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="expected a record in line 1"):
        from_lines([line])
