"""The report of a measuring run as one HTML page that opens without a network: figures, and plots as SVG."""

import html
from collections.abc import Sequence
from datetime import UTC, datetime

from clients.load.figures import Summary, shown

#: The size of a plot, and the room for its axes, in units of the drawing.
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 220, 64, 28
#: Shares of all deliveries that the plot of latencies is marked at.
MARKS = (0.5, 0.9, 1.0)

_STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td { padding: .25rem .5rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
td:nth-child(2) { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; }
polyline { fill: none; stroke: #2b7de9; stroke-width: 2; }
line { stroke: currentColor; opacity: .25; }
text { fill: currentColor; font-size: 11px; }
.problem { color: #d33; }
"""


def as_page(summary: Summary, command: str, now: datetime | None = None) -> str:
    """Return a summary as an HTML page.

    Arguments:
        command: the command line that made it.
        now: when it was made.
    """
    when = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    rows = "".join(
        f"<tr><td>{html.escape(figure.name)}</td><td>{shown(figure.value)}</td><td>{html.escape(figure.unit)}</td></tr>"
        for figure in summary.figures
    )
    problems = "".join(f'<p class="problem">{html.escape(problem)}</p>' for problem in summary.problems)
    plots = [_rates(summary), _latencies(summary)]
    title = html.escape(summary.title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>{when}: <code>{html.escape(command)}</code></p>{problems}<table>{rows}</table>{''.join(plots)}</html>\n"
    )


def _rates(summary: Summary) -> str:
    if len(summary.rates) < 2:
        return ""
    top = max(rate for _, rate in summary.rates) or 1.0
    end = summary.rates[-1][0] or 1.0
    points = [(seconds / end, rate / top) for seconds, rate in summary.rates]
    ticks = [(0.0, "0 s"), (1.0, f"{end:.0f} s")]
    return _plot("Deliveries a second", points, ticks, [(0.0, "0"), (1.0, shown(top))])


def _latencies(summary: Summary) -> str:
    """Draw the latency by the share of deliveries that took no longer."""
    count = summary.latency.count
    if not count:
        return ""
    steps = list(summary.latency.steps())
    top = steps[-1][0] or 1.0
    points = [(behind / count, milliseconds / top) for milliseconds, behind in steps]
    ticks = [(mark, f"{mark * 100:g} %") for mark in MARKS]
    return _plot("Latency by share of deliveries", points, ticks, [(0.0, "0 ms"), (1.0, f"{shown(top)} ms")])


def _plot(
    title: str,
    points: Sequence[tuple[float, float]],
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
) -> str:
    """Return a plot of points, 0 to 1 in both directions, with words at places of its axes."""

    def x(share: float) -> float:
        return LEFT + share * (WIDTH - LEFT - 24)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - 12)

    line = " ".join(f"{x(right):.1f},{y(high):.1f}" for right, high in points)
    marks = [
        f'<line x1="{LEFT}" x2="{WIDTH - 24}" y1="{y(high):.1f}" y2="{y(high):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y(high) + 4:.1f}" text-anchor="end">{html.escape(word)}</text>'
        for high, word in up
    ]
    marks += [
        f'<text x="{x(right):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(word)}</text>'
        for right, word in across
    ]
    return (
        f"<h2>{html.escape(title)}</h2>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">'
        f'{"".join(marks)}<polyline points="{line}"/></svg>'
    )
