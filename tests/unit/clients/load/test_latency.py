"""Percentiles from buckets are right to the width of a bucket, however large the values are."""

import math

from hypothesis import given
from hypothesis import strategies as st

from clients.load.latency import Histogram, sum_up


@given(st.lists(st.integers(0, 10**9), min_size=1), st.floats(0, 1))
def test_a_percentile_is_that_of_the_sorted_values_to_a_sixty_fourth(values: list[int], share: float) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
    assert exact <= histogram.percentile(share) * 1000 + 1e-6 <= max(exact * (1 + 1 / 64), exact + 1) + 1e-3


@given(st.lists(st.integers(0, 10**9)))
def test_the_steps_rise_and_count_everything(values: list[int]) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    steps = list(histogram.steps())
    assert steps == sorted(set(steps))
    assert [behind for _, behind in steps][-1:] == ([len(values)] if values else [])


def test_what_came_before_it_was_sent_took_no_time() -> None:
    histogram = Histogram()
    histogram.add(-5)
    assert sum_up(histogram).worst == 0.0


def test_nothing_measured_is_nothing_told() -> None:
    assert sum_up(Histogram()) == sum_up(Histogram())
    assert Histogram().percentile(0.99) == 0.0
