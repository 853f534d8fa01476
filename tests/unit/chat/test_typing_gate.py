"""Holding back typing signals."""

from chat.typing_gate import INTERVAL, TypingGate


def test_a_second_signal_within_the_interval_is_held_back() -> None:
    gate = TypingGate()
    assert gate.passes(1, 1, now=100.0)
    assert not gate.passes(1, 1, now=100.0 + INTERVAL - 0.01)
    assert gate.passes(1, 1, now=100.0 + INTERVAL)


def test_a_signal_that_is_held_back_does_not_prolong_the_interval() -> None:
    gate = TypingGate(interval=2.0)
    assert [gate.passes(1, 1, now=now) for now in (0.0, 1.0, 1.9, 2.0, 3.9, 4.0)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_people_and_rooms_are_held_back_apart() -> None:
    gate = TypingGate()
    assert gate.passes(1, 1, now=0.0)
    assert gate.passes(2, 1, now=0.0)
    assert gate.passes(1, 2, now=0.0)


def test_a_full_gate_forgets_whoever_typed_longest_ago() -> None:
    gate = TypingGate(interval=100.0, size=2)
    for user in (1, 2, 3):
        assert gate.passes(user, 1, now=float(user))
    assert not gate.passes(3, 1, now=4.0)
    assert not gate.passes(2, 1, now=4.0)
    assert gate.passes(1, 1, now=4.0)
