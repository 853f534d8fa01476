"""Many deadlines by one timer."""

import pytest
from twisted.internet.task import Clock

from hub.server.deadline import Deadlines

SECONDS = 10.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passed() -> list[str]:
    return []


@pytest.fixture
def deadlines(clock: Clock, passed: list[str]) -> Deadlines[str]:
    return Deadlines(SECONDS, passed.append, clock.callLater, clock.seconds)


def test_each_passes_in_its_time_and_once(deadlines: Deadlines[str], clock: Clock, passed: list[str]) -> None:
    deadlines.start("first")
    clock.advance(4)
    deadlines.start("second")
    clock.advance(5.9)
    assert passed == []
    clock.advance(0.2)
    assert passed == ["first"]
    clock.advance(4)
    assert passed == ["first", "second"]
    clock.advance(100)
    assert passed == ["first", "second"]


def test_one_that_is_stopped_does_not_pass(deadlines: Deadlines[str], clock: Clock, passed: list[str]) -> None:
    deadlines.start("first")
    deadlines.start("second")
    clock.advance(4)
    assert deadlines.stop("first") == 6
    assert deadlines.stop("first") == 0
    clock.advance(100)
    assert passed == ["second"]


def test_one_that_is_started_again_has_its_time_anew(
    deadlines: Deadlines[str], clock: Clock, passed: list[str]
) -> None:
    deadlines.start("first")
    deadlines.start("second")
    clock.advance(9)
    deadlines.start("first")
    clock.advance(9)
    assert passed == ["second"]
    clock.advance(1)
    assert passed == ["second", "first"]


def test_one_may_stop_another_and_begin_anew(clock: Clock, passed: list[str]) -> None:
    def take(item: str) -> None:
        passed.append(item)
        those.stop("second")
        if len(passed) < 3:
            those.start(item)

    those = Deadlines(SECONDS, take, clock.callLater, clock.seconds)
    those.start("first")
    those.start("second")
    clock.pump([SECONDS] * 5)
    assert passed == ["first"] * 3


def test_there_is_one_timer_however_many_there_are(deadlines: Deadlines[str], clock: Clock) -> None:
    for number in range(100):
        deadlines.start(str(number))
        deadlines.stop(str(number // 2))
    assert len(clock.getDelayedCalls()) == 1
