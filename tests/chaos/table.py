"""The table of what came of the faults: for a terminal, and for the documentation."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.run import Row


def _seconds(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda load: f"{load[name]:.2f} s"


def _plain(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda load: str(load[name])


def _other(load: dict[str, Any]) -> str:
    named = ("lost", "dup", "order", "hole", "diverge", "stuck")
    return ", ".join(f"{name}: {times}" for name, times in load["wrong"].items() if name not in named) or "0"


def _closes(load: dict[str, Any]) -> str:
    return ", ".join(f"{code}: {times}" for code, times in sorted(load["closes"].items())) or "-"


COLUMNS: dict[str, Callable[[dict[str, Any]], str]] = {
    "events": _plain("events"),
    "readers": _plain("readers"),
    "deliveries": _plain("deliveries"),
    "lost": _plain("lost"),
    "doubled": _plain("doubled"),
    "out of order": _plain("out_of_order"),
    "else": _other,
    "worst delay": _seconds("worst_delay"),
    "slowest post": _seconds("slowest_post"),
    "post errors": _plain("post_errors"),
    "reconnects": _plain("reconnects"),
    "closes": _closes,
}


def cells(row: Row) -> list[str]:
    """Return the cells of one row."""
    figures = [show(row.load) for show in COLUMNS.values()] if row.load else ["-"] * len(COLUMNS)
    said = "; ".join([*([row.note] if row.note else []), *row.problems])
    return [row.fault, row.title, *figures, _verdict(row), said]


def _verdict(row: Row) -> str:
    if not row.ran:
        return "not run"
    return "yes" if row.is_right else "NO"


def headings() -> list[str]:
    """Return the headings of the columns."""
    return ["", "fault", *COLUMNS, "kept", "besides"]


def print_table(rows: Sequence[Row], console: Console) -> None:
    """Print the table on a terminal, or wherever the output goes."""
    table = Table()
    for heading in headings():
        table.add_column(heading, justify="right" if heading in COLUMNS else "left")
    for row in rows:
        table.add_row(*cells(row), style=None if row.is_right or not row.ran else "red")
    console.print(table)


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown."""
    lines = [headings(), ["---:" if name in COLUMNS else "---" for name in headings()], *map(cells, rows)]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
