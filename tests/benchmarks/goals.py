"""What is to be reached, and what a row is compared with. No input or output here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.rows import DELIVERIES, Row

#: Compared with by all rows that have them.
STOCK, FLOOR = "stock", "floor"


@dataclass(frozen=True)
class Goal:
    """Something that a row has to reach.

    `least` and `most` bound a figure, or, where `of` names another row, the ratio of the figures of both.
    """

    words: str
    figure: str = DELIVERIES
    least: float | None = None
    most: float | None = None
    of: str = ""


def ratio(row: Row, other: Row | None, figure: str = DELIVERIES) -> float | None:
    """Return how many times as much a row has of a figure, None where one of them was not measured."""
    if other is None or not row.is_good or not other.is_good or not other.figures.get(figure):
        return None
    return row.figures[figure] / other.figures[figure] if figure in row.figures else None


def reached(row: Row, goals: Sequence[Goal], rows: Mapping[str, Row]) -> bool | None:
    """Say whether a row has reached all its goals; None where there are none, or it cannot be told."""
    told = [_reached(row, goal, rows) for goal in goals]
    if False in told:
        return False
    return None if not told or None in told else True


def _reached(row: Row, goal: Goal, rows: Mapping[str, Row]) -> bool | None:
    if not row.is_good:
        return False if row.problems else None
    value = ratio(row, rows.get(goal.of), goal.figure) if goal.of else row.figures.get(goal.figure)
    if value is None:
        return None
    return (goal.least is None or value >= goal.least) and (goal.most is None or value <= goal.most)
