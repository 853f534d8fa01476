"""What a measuring run came to: figures with their units, for people as a table, for programs as JSON."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table

from clients.load.latency import Histogram, sum_up
from clients.output import printable


@dataclass(frozen=True)
class Figure:
    """One figure of a run."""

    name: str
    value: float
    unit: str


@dataclass
class Summary:
    """What a run came to."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    #: Seconds since the beginning, with deliveries a second then.
    rates: list[tuple[float, float]] = field(default_factory=list)
    #: Connections that ended without our doing, by close code.
    closes: dict[int, int] = field(default_factory=dict)
    #: What went wrong, in sentences.
    problems: list[str] = field(default_factory=list)
    latency: Histogram = field(default_factory=Histogram)

    def add(self, name: str, value: float, unit: str = "") -> None:
        """Add a figure."""
        self.figures.append(Figure(name, value, unit))

    def add_latency(self, name: str) -> None:
        """Add the figures of the latency, where any was measured."""
        if not self.latency.count:
            return
        told = sum_up(self.latency)
        for word, value in (("p50", told.p50), ("p90", told.p90), ("p99", told.p99), ("worst", told.worst)):
            self.add(f"{name}, {word}", value, "ms")

    def get(self, name: str) -> float:
        """Return a figure's value.

        Raises:
            KeyError: there is none of that name.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure.value
        raise KeyError(name)


def as_json(summary: Summary) -> str:
    """Return a summary as one line of JSON."""
    return json.dumps(
        {
            "title": summary.title,
            "figures": [asdict(figure) for figure in summary.figures],
            "latency": asdict(sum_up(summary.latency)),
            "rates": summary.rates,
            "closes": summary.closes,
            "problems": summary.problems,
        }
    )


def print_summary(summary: Summary, console: Console) -> None:
    """Print a summary for people."""
    table = Table(title=printable(summary.title), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for figure in summary.figures:
        table.add_row(figure.name, shown(figure.value), figure.unit)
    if summary.closes:
        closes = ", ".join(f"{code}: {times}" for code, times in sorted(summary.closes.items()))
        table.add_row("ended by the server", closes, "", style="red")
    console.print(table)
    for problem in summary.problems:
        console.print(printable(problem), style="red", markup=False)


def shown(value: float) -> str:
    """Return a figure as people read it: no more digits than mean something."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.2f}"


def rates_of(samples: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    """Return deliveries a second from samples of (seconds, deliveries until then)."""
    pairs = itertools.pairwise(samples)
    return [(round(later, 2), round((more - less) / (later - sooner), 1)) for (sooner, less), (later, more) in pairs]
