"""Time limits on a clock that the test moves."""

from clients.deadline import Deadline


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_passes_when_the_time_is_up() -> None:
    clock = Clock()
    deadline = Deadline(5, clock)
    clock.now += 4.5
    assert (deadline.passed, deadline.left()) == (False, 0.5)
    clock.now += 0.5
    assert (deadline.passed, deadline.left()) == (True, 0)


def test_the_shorter_of_two_limits_counts() -> None:
    deadline = Deadline(5, Clock())
    assert deadline.left(at_most=3) == 3
    assert deadline.left(at_most=8) == 5


def test_without_a_limit_it_never_passes() -> None:
    deadline = Deadline(None, Clock())
    assert (deadline.passed, deadline.left(), deadline.left(at_most=2)) == (False, None, 2)
