"""Whether what was sampled over a while grows: slopes that a few strange samples do not bend, and bounds for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

#: A sample: seconds since the beginning, and what was found.
Sample = tuple[float, float]


@dataclass(frozen=True)
class Bound:
    """How much something may grow. More than both is a leak: one alone is noise, or a long run."""

    #: By how much in an hour.
    per_hour: float
    #: By how much in the time that is judged, however short.
    noise: float
    #: By how much it may be above its first idle level once all load is gone.
    left_over: float


@dataclass(frozen=True, kw_only=True)
class Trend:
    """How one thing went."""

    name: str
    #: Medians of the first samples, of those in the middle, and of the last.
    start: float
    middle: float
    end: float
    #: Slope over the second half of the time, in an hour.
    per_hour: float
    #: The idle levels before the load came and after it went, where they were taken.
    before: float | None = None
    after: float | None = None
    #: What is wrong; empty when nothing is.
    problem: str = ""


def slope(samples: Sequence[Sample]) -> float:
    """Return the median of the slopes between every two samples (Theil and Sen), in units a second.

    A collection, a page cache that fills, one sample of a bad moment: none of them moves it far.
    """
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(samples, 2) if x2 > x1]
    return median(slopes) if slopes else 0.0


def judge(
    name: str,
    samples: Sequence[Sample],
    bound: Bound | None,
    *,
    before: float | None = None,
    after: float | None = None,
) -> Trend:
    """Judge how one thing went.

    Arguments:
        samples: in order of time, one at least.
        bound: None for what may grow.
        before, after: idle levels, where they were taken.
    """
    half = (samples[0][0] + samples[-1][0]) / 2
    late = [sample for sample in samples if sample[0] >= half]
    rising = slope(late)
    trend = Trend(
        name=name,
        start=_level(samples[:3]),
        middle=_level(_around(samples, half)),
        end=_level(samples[-3:]),
        per_hour=rising * 3600,
        before=before,
        after=after,
    )
    if bound is None:
        return trend
    return Trend(**{**trend.__dict__, "problem": _problem(trend, bound, rising * (late[-1][0] - late[0][0]))})


def _problem(trend: Trend, bound: Bound, grown: float) -> str:
    if trend.per_hour > bound.per_hour and grown > bound.noise:
        return f"{trend.name} grows by {trend.per_hour:.1f} an hour, {bound.per_hour:g} are allowed"
    if trend.before is not None and trend.after is not None and trend.after - trend.before > bound.left_over:
        return f"{trend.name} is {trend.after:g} when all load is gone, and was {trend.before:g} before it came"
    return ""


def _around(samples: Sequence[Sample], moment: float) -> list[Sample]:
    return sorted(samples, key=lambda sample: abs(sample[0] - moment))[:3]


def _level(samples: Sequence[Sample]) -> float:
    return median(value for _, value in samples)


def as_markdown(trends: Sequence[Trend]) -> str:
    """Return a table of trends."""
    head = ("what", "idle before", "start", "middle", "end", "slope per hour", "idle after", "verdict")
    lines = [head, ("---", *["---:"] * 6, "---"), *map(_cells, trends)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(trend: Trend) -> tuple[str, ...]:
    values = (trend.before, trend.start, trend.middle, trend.end, trend.per_hour, trend.after)
    shown = ("-" if value is None else f"{value:,.1f}".removesuffix(".0") for value in values)
    return (trend.name, *shown, trend.problem or "flat")


def problems(trends: Sequence[Trend]) -> list[str]:
    """Return what is wrong with any of them."""
    return [trend.problem for trend in trends if trend.problem]


def series(samples: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, list[Sample]]:
    """Return the samples of each thing, of samples of all things; what came later or went is not in all of them."""
    found: dict[str, list[Sample]] = {}
    for at, values in samples:
        for name, value in values.items():
            found.setdefault(name, []).append((at, value))
    return found
