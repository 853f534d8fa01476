"""Looking at all connections, a few at a time."""

from collections.abc import Callable

import pytest
from twisted.internet.task import Clock

from hub.server.sweep import Sweep

REST = 2.0


@pytest.mark.parametrize("count", [0, 1, 100, 101, 350])
def test_each_is_looked_at_once_in_a_round(count: int) -> None:
    clock, seen = Clock(), list[int]()
    Sweep(lambda: range(count), seen.append, REST, clock.callLater).begin()
    clock.pump([0] * 10)
    assert seen == list(range(count))
    clock.advance(REST)
    clock.pump([0] * 10)
    assert seen == list(range(count)) * 2


def test_others_have_their_turn_between() -> None:
    seen: list[int] = []
    waiting: list[tuple[float, Callable[..., None], list[int]]] = []
    Sweep(lambda: range(350), seen.append, REST, lambda *call: waiting.append(call)).begin()
    turns = [len(seen)]
    while len(seen) < 350:
        [(seconds, function, left)] = waiting
        assert seconds == 0
        waiting.clear()
        function(left)
        turns.append(len(seen))
    assert turns == [100, 200, 300, 350]
