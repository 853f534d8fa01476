"""What a run of the load tester came to, as a table or as JSON."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from clients.load.verify import Result
from clients.output import printable


def as_json(result: Result) -> str:
    """Return the result as one line of JSON, with the sums that a table shows."""
    sums = {
        "lost": result.lost,
        "doubled": result.doubled,
        "out_of_order": result.out_of_order,
        "right": result.is_right,
    }
    return json.dumps({**asdict(result), **sums})


def print_table(result: Result, console: Console) -> None:
    """Print the result for people."""
    table = Table(show_header=False, title=f"Run {result.run}, seed {result.seed}")
    for name, value, is_bad in _rows(result):
        table.add_row(name, printable(value), style="red" if is_bad else None)
    console.print(table)
    for finding in result.findings:
        console.print(
            f"{finding.verdict}: {finding.stream}, {finding.client}: {finding.detail}", style="red", markup=False
        )


def _rows(result: Result) -> list[tuple[str, str, bool]]:
    named = ("lost", "dup", "order", "hole", "diverge", "stuck")
    others = {name: times for name, times in result.wrong.items() if name not in named}
    closes = ", ".join(f"{code}: {times}" for code, times in sorted(result.closes.items()))
    return [
        ("events", str(result.events), result.events == 0),
        ("readers", str(result.readers), False),
        ("deliveries", str(result.deliveries), False),
        ("lost", str(result.lost), result.lost > 0),
        ("doubled", str(result.doubled), result.doubled > 0),
        ("out of order", str(result.out_of_order), result.out_of_order > 0),
        ("otherwise wrong", ", ".join(f"{name}: {times}" for name, times in others.items()) or "0", bool(others)),
        ("worst delay", f"{result.worst_delay:.2f} s (99 of 100: {result.p99_delay:.3f} s)", False),
        ("slowest post", f"{result.slowest_post:.2f} s", False),
        ("post errors", f"{result.post_errors}, outcome unknown for good: {result.unknown}", False),
        ("refused posts", "; ".join(result.refused) or "0", bool(result.refused)),
        ("reconnects", str(result.reconnects), False),
        ("longest without a connection", f"{result.longest_silence:.2f} s", False),
        ("readers sent back to a snapshot", str(result.reloaded), False),
        ("ended by the server", closes or "none", False),
        ("all at the end after", f"{result.heal:.2f} s", False),
    ]
