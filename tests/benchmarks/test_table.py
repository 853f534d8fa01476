"""The table of the benchmark: ratios, goals, and what is said of rows without figures."""

import pytest

from tests.benchmarks.goals import FLOOR, STOCK, Goal, ratio, reached
from tests.benchmarks.rows import DELIVERIES, P99, Row
from tests.benchmarks.scenario import Options, Scenario
from tests.benchmarks.table import HEADINGS, as_markdown, lines, shown

OURS = Row("ours", "ours", {DELIVERIES: 180_000.0, P99: 12.34})
PLAIN = Row("stock", "stock Channels", {DELIVERIES: 4_000.0})
ROWS = {"ours": OURS, "stock": PLAIN}


def test_a_ratio_is_of_the_same_figure_of_two_rows() -> None:
    assert ratio(OURS, PLAIN) == pytest.approx(45)


@pytest.mark.parametrize(
    "other", [None, Row("x", "x"), Row("x", "x", {DELIVERIES: 1.0}, problems=["lost some"]), Row("x", "x", {P99: 1.0})]
)
def test_there_is_no_ratio_to_what_was_not_measured_or_went_wrong(other: Row | None) -> None:
    assert ratio(OURS, other) is None


def test_all_goals_have_to_be_reached() -> None:
    times, quick = Goal("≥ 40 x", least=40, of="stock"), Goal("p99 < 10 ms", P99, most=10)
    assert reached(OURS, [times], ROWS) is True
    assert reached(OURS, [times, quick], ROWS) is False


def test_a_goal_that_cannot_be_told_is_neither_reached_nor_missed() -> None:
    assert reached(OURS, [Goal("≥ 85 % of the floor", least=0.85, of="floor")], ROWS) is None
    assert reached(Row("x", "x", not_measured="no compiler"), [Goal("≥ 1", least=1)], ROWS) is None
    assert reached(OURS, [], ROWS) is None


def test_a_row_that_went_wrong_has_reached_nothing() -> None:
    row = Row("ours", "ours", {DELIVERIES: 1e9}, problems=["3 messages did not come back"])
    assert reached(row, [Goal("≥ 1", least=1)], ROWS) is False


def test_a_line_has_a_cell_for_each_heading() -> None:
    scenario = Scenario(
        lambda world, options: iter(()),
        {"ours": [Goal("≥ 40 x stock", least=40, of="stock")]},
        {"ours": {STOCK: "stock"}},
    )
    ours, stock = lines([(OURS, scenario), (PLAIN, scenario)])
    assert len(ours) == len(stock) == len(HEADINGS)
    assert ours[HEADINGS.index("x stock")] == "45"
    assert ours[HEADINGS.index("x floor")] == ""
    assert ours[-2:] == ["≥ 40 x stock", "yes"]
    assert stock[-1] == ""


def test_what_was_not_measured_says_why() -> None:
    scenario = Scenario(lambda world, options: iter(()), {}, {"floor": {FLOOR: "floor"}})
    [line] = lines([(Row("floor", "the floor", not_measured="this machine has no C compiler"), scenario)])
    assert line[:2] == ["the floor", "this machine has no C compiler"]
    assert line[-1] == ""


def test_the_table_in_markdown_has_as_many_columns_in_each_line() -> None:
    text = as_markdown([["a | b", *[""] * (len(HEADINGS) - 1)]])
    assert {line.count("|") for line in text.splitlines()} == {len(HEADINGS) + 1}


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.123, "0.12"), (12.34, "12.3"), (3.0, "3"), (181_234.5, "181,234")]
)
def test_a_figure_has_no_more_digits_than_mean_something(value: float | None, text: str) -> None:
    assert shown(value) == text


def test_a_figure_is_measured_for_some_seconds_by_default() -> None:
    assert Options().seconds > 0
