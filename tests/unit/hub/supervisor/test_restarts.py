"""The pauses before a part is started again."""

from hub.supervisor.restarts import LONGEST_PAUSE, SETTLED, Restarts


def test_the_pause_doubles_from_half_a_second_to_half_a_minute() -> None:
    restarts = Restarts()
    pauses = [restarts.pause_after(lived=1.0) for _ in range(8)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_part_that_lived_a_minute_starts_afresh() -> None:
    restarts = Restarts()
    for _ in range(5):
        restarts.pause_after(lived=0.0)
    assert restarts.pause_after(lived=SETTLED) == 0.5
    assert restarts.pause_after(lived=SETTLED - 0.1) == 1.0
