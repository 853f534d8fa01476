"""How many commands one connection may send."""

import re
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from hub.core.errors import TooManyRequests
from hub.limits import CommandLimit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The steady clock, which stands still until its only item is changed."""
    now = [1_000.0]
    monkeypatch.setattr("hub.limits.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def allowed(limit: CommandLimit, attempts: int) -> int:
    """Return how many of so many commands come through."""
    count = 0
    for _ in range(attempts):
        try:
            limit.check()
        except TooManyRequests:
            continue
        count += 1
    return count


def test_sixty_commands_come_through_at_once_and_twenty_a_second_afterwards(clock: list[float]) -> None:
    limit = CommandLimit()
    assert allowed(limit, 200) == 60
    clock[0] += 1.0
    assert allowed(limit, 200) == 20


def test_who_asks_too_much_is_told_how_much_is_allowed(settings: Settings, clock: list[float]) -> None:
    settings.HUBBUB_COMMAND_RATE = 0.5
    settings.HUBBUB_COMMAND_BURST = 1
    limit = CommandLimit()
    limit.check()
    sentence = "expected at most 0.5 commands a second, got more; try again"
    with pytest.raises(TooManyRequests, match=f"^{re.escape(sentence)}$"):
        limit.check()


def test_each_connection_has_a_limit_of_its_own(clock: list[float]) -> None:
    assert allowed(CommandLimit(), 100) == allowed(CommandLimit(), 100) == 60


def test_limits_can_be_turned_off(settings: Settings, clock: list[float]) -> None:
    settings.HUBBUB_LIMITS = False
    assert allowed(CommandLimit(), 1_000) == 1_000
