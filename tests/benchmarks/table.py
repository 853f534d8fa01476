"""The one table of all rows: for a terminal, and for the documentation. No measuring here."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.goals import FLOOR, STOCK, ratio, reached
from tests.benchmarks.rows import DELIVERIES, FRAMES, LOAD, MEMORY, MESSAGES, P50, P99, SERVER, Row
from tests.benchmarks.scenario import Scenario

#: Figures that have a column of their own.
COLUMNS = (MESSAGES, DELIVERIES, FRAMES, P50, P99, SERVER, LOAD, MEMORY)
HEADINGS = ("what", "figures", *COLUMNS, "x stock", "x floor", "goal", "reached")


def shown(value: float | None) -> str:
    """Return a figure with no more digits than mean something; nothing for None."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cells(row: Row, rows: Mapping[str, Row], scenario: Scenario) -> list[str]:
    """Return the cells of one row.

    Arguments:
        rows: all of this run, by key.
    """
    goals = scenario.goals.get(row.key, [])
    beside = scenario.beside.get(row.key, {})
    ratios = [ratio(row, rows.get(beside[name])) if name in beside else None for name in (STOCK, FLOOR)]
    others = [f"{shown(value)} {name}" for name, value in row.figures.items() if name not in COLUMNS]
    said = [row.not_measured] if row.not_measured else [*others, *row.problems]
    return [
        row.title,
        "; ".join(said),
        *(shown(row.figures.get(name)) for name in COLUMNS),
        *(shown(value) for value in ratios),
        ", ".join(goal.words for goal in goals),
        {None: "", True: "yes", False: "NO"}[reached(row, goals, rows)],
    ]


def lines(rows: Iterable[tuple[Row, Scenario]]) -> list[list[str]]:
    """Return the cells of all rows."""
    told = list(rows)
    by_key = {row.key: row for row, _ in told}
    return [cells(row, by_key, scenario) for row, scenario in told]


def print_table(rows: Sequence[Sequence[str]], console: Console) -> None:
    """Print the table on a terminal, or wherever the output goes."""
    table = Table()
    for heading in HEADINGS:
        is_number = heading in COLUMNS or heading.startswith("x ")
        table.add_column(heading, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*row, style="red" if row[-1] == "NO" else None)
    console.print(table)


def as_markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return the table in Markdown."""
    rules = ["---:" if heading in COLUMNS or heading.startswith("x ") else "---" for heading in HEADINGS]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in [HEADINGS, rules, *rows])
