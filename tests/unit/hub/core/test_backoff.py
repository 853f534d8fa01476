"""The pause before another attempt."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.backoff import backoff


def test_the_pause_doubles_up_to_its_limit() -> None:
    pauses = [backoff(attempt, base=0.5, limit=30.0, chance=1.0) for attempt in range(1, 9)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_chance_spreads_pauses_over_the_whole_range() -> None:
    assert [backoff(3, base=1.0, limit=30.0, chance=chance) for chance in (0.0, 0.25, 1.0)] == [0.0, 1.0, 4.0]


@given(
    attempt=st.integers(1, 10**6),
    base=st.floats(0.001, 60.0),
    limit=st.floats(0.001, 3600.0),
    chance=st.floats(0.0, 1.0),
)
def test_no_pause_is_longer_than_the_limit(attempt: int, base: float, limit: float, chance: float) -> None:
    pause = backoff(attempt, base=base, limit=limit, chance=chance)
    assert 0.0 <= pause <= limit
    assert pause <= backoff(attempt + 1, base=base, limit=limit, chance=chance)
