"""The wait before another attempt."""

from hypothesis import given
from hypothesis import strategies as st

from clients.backoff import Backoff


def test_the_limit_doubles_up_to_the_longest_wait() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.failed() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 20, 20]


def test_chance_spreads_the_wait_over_the_whole_range() -> None:
    assert Backoff(chance=lambda: 0.0).failed() == 0
    assert Backoff(chance=lambda: 0.5).failed() == 0.25


def test_a_connection_that_lasted_starts_the_count_again() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    for _ in range(3):
        backoff.failed()
    assert backoff.failed(lasted=30.0) == 0.5
    assert backoff.failures == 1


def test_a_connection_that_was_dropped_at_once_does_not() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    backoff.failed()
    assert backoff.failed(lasted=29.9) == 1
    assert backoff.failures == 2


@given(st.integers(1, 3000))
def test_the_wait_stays_bounded_for_ever(failures: int) -> None:
    backoff = Backoff()
    backoff.failures = failures
    assert 0 <= backoff.failed() <= 20
