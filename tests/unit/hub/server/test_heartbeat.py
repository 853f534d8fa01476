"""Asking a silent client whether it is there."""

import pytest

from hub.server.heartbeat import Heartbeat


class Clock:
    """A clock that stands."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heartbeat(clock: Clock) -> Heartbeat:
    """Asks after 20 seconds, and waits for 30."""
    return Heartbeat(20, 30, clock)


def test_a_client_that_was_heard_of_is_not_asked(heartbeat: Heartbeat, clock: Clock) -> None:
    clock.now += 20
    assert not heartbeat.is_due
    heartbeat.hear()
    clock.now += 20
    assert not heartbeat.is_due


def test_a_silent_client_is_asked_again_in_each_interval(heartbeat: Heartbeat, clock: Clock) -> None:
    for _ in range(3):
        clock.now += 20.5
        assert heartbeat.is_due
        heartbeat.ask()
        assert not heartbeat.is_due


def test_the_time_to_answer_counts_from_the_first_question(heartbeat: Heartbeat, clock: Clock) -> None:
    heartbeat.ask()
    clock.now += 25
    heartbeat.ask()
    clock.now += 5
    assert not heartbeat.is_overdue
    clock.now += 0.5
    assert heartbeat.is_overdue


def test_a_late_answer_counts_for_all_questions(heartbeat: Heartbeat, clock: Clock) -> None:
    heartbeat.ask()
    clock.now += 25
    heartbeat.ask()
    heartbeat.hear()
    clock.now += 1_000
    assert heartbeat.is_due and not heartbeat.is_overdue


def test_without_a_limit_a_client_may_take_any_time(clock: Clock) -> None:
    heartbeat = Heartbeat(20, 0, clock)
    heartbeat.ask()
    clock.now += 1_000_000
    assert heartbeat.is_due and not heartbeat.is_overdue
