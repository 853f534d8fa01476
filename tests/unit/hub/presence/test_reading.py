"""The last answers are kept for a moment, and no longer."""

import pytest

from hub.core.types import JSONObject
from hub.presence import Recent, reading


class Clock:
    """Steady seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> Recent:
    return Recent(clock=clock)


def test_who_asks_at_once_gets_the_same_answer(recent: Recent, clock: Clock) -> None:
    answers: list[JSONObject] = [{"total": 1}, {"total": 2}]
    asked = [recent.get("chat:a", lambda _: answers.pop(0)) for _ in range(5)]
    assert asked == [{"total": 1}] * 5
    clock.now += reading.FRESH
    assert recent.get("chat:a", lambda _: answers.pop(0)) == {"total": 2}


def test_what_is_good_no_longer_is_let_go(recent: Recent, clock: Clock) -> None:
    for number in range(100):
        recent.get(f"chat:{number}", lambda _: {"users": []})
        clock.now += reading.FRESH / 10
    assert len(recent._kept) <= 11


def test_no_more_than_so_many_are_kept(recent: Recent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_KEPT", 10)
    for number in range(100):
        recent.get(f"chat:{number}", lambda _: {"users": []})
    assert list(recent._kept) == [f"chat:{number}" for number in range(90, 100)]


def test_an_answer_that_took_long_is_given_and_not_kept(recent: Recent, clock: Clock) -> None:
    def ask(stream: str) -> JSONObject:
        clock.now += 2 * reading.FRESH
        return {"total": 1}

    assert recent.get("chat:a", ask) == {"total": 1}
    assert not recent._kept
