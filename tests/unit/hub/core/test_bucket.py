"""The token bucket, against the two rules that define it."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.bucket import TokenBucket

rates = st.floats(0.1, 100.0)
bursts = st.floats(1.0, 100.0)
pauses = st.lists(st.floats(0.0, 5.0), max_size=60)


def test_a_full_bucket_lets_its_burst_through_and_no_more() -> None:
    bucket = TokenBucket(rate=1.0, burst=3, now=100.0)
    assert [bucket.take(100.0) for _ in range(5)] == [True, True, True, False, False]


def test_tokens_come_back_at_the_rate() -> None:
    bucket = TokenBucket(rate=2.0, burst=1, now=0.0)
    assert [bucket.take(now) for now in (0.0, 0.25, 0.5, 0.75, 1.0)] == [True, False, True, False, True]


def test_a_refused_use_takes_nothing() -> None:
    bucket = TokenBucket(rate=1.0, burst=4, now=0.0)
    assert not bucket.take(0.0, cost=5.0)
    assert bucket.take(0.0, cost=4.0)


def test_a_long_rest_saves_up_no_more_than_the_burst() -> None:
    bucket = TokenBucket(rate=10.0, burst=2, now=0.0)
    assert [bucket.take(1_000_000.0) for _ in range(3)] == [True, True, False]


def test_a_clock_that_steps_back_neither_takes_nor_gives_tokens() -> None:
    bucket = TokenBucket(rate=1.0, burst=2, now=100.0)
    assert bucket.take(50.0)
    assert bucket.take(100.0)
    assert not bucket.take(100.0)
    assert not bucket.take(50.0)
    assert bucket.take(101.0)


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.5)])
def test_a_bucket_that_would_let_nothing_through_is_refused(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match=f"expected rate > 0 and burst >= 1, got rate={rate} and burst={burst}"):
        TokenBucket(rate, burst, now=0.0)


@given(rate=rates, burst=bursts, pauses=pauses)
def test_never_more_than_the_burst_and_the_rate_come_through(rate: float, burst: float, pauses: list[float]) -> None:
    bucket = TokenBucket(rate, burst, now=0.0)
    uses = [now for now in accumulate(pauses) if bucket.take(now)]
    for first, start in enumerate(uses):
        for last in range(first, len(uses)):
            assert last - first + 1 <= burst + rate * (uses[last] - start) + 1e-6


@given(rate=rates, burst=bursts, rests=st.integers(1, 60))
def test_who_keeps_to_the_rate_is_never_refused(rate: float, burst: float, rests: int) -> None:
    bucket = TokenBucket(rate, burst, now=0.0)
    # A hair slower than the rate, since sums of fractions are not exact.
    assert all(bucket.take(step * 1.000001 / rate) for step in range(1, rests + 1))
