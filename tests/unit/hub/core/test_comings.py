"""Telling who comes and goes: no faster than readers can be written to, and never what is not so."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.comings import Comings, Told
from hub.core.publications import JOIN, LEAVE


def taken(comings: Comings, now: float, readers: int = 1) -> list[tuple[str, str]]:
    """Return type and entry of what may be told."""
    return [(told.type, told.text) for told in comings.take(now, lambda stream: readers)]


def test_comings_and_goings_are_told_in_their_order() -> None:
    comings = Comings(100.0, 100, now=0.0)
    comings.joined("t:a", "c1", "one")
    comings.left("t:a", "c0", "zero")
    comings.joined("t:a", "c2", "two")
    assert taken(comings, 0.0) == [(JOIN, "one"), (LEAVE, "zero"), (JOIN, "two")]
    assert len(comings) == 0


def test_of_a_client_that_came_and_went_meanwhile_nothing_is_told() -> None:
    comings = Comings(100.0, 100, now=0.0)
    comings.joined("t:a", "c1", "one")
    comings.left("t:a", "c1", "one")
    assert len(comings) == 0
    assert taken(comings, 0.0) == []


def test_a_client_of_whose_going_nobody_has_heard_has_not_been_away() -> None:
    comings = Comings(100.0, 100, now=0.0)
    comings.left("t:a", "c1", "one")
    comings.joined("t:a", "c1", "one")
    assert taken(comings, 0.0) == []


def test_what_is_told_costs_a_push_for_each_reader() -> None:
    comings = Comings(100.0, 100, now=0.0)
    for number in range(10):
        comings.joined("t:a", f"c{number}", f"{number}")
    # Three of 40 pushes: the last one may go beyond.
    assert taken(comings, 0.0, readers=40) == [(JOIN, "0"), (JOIN, "1"), (JOIN, "2")]
    assert taken(comings, 0.1, readers=40) == []
    assert taken(comings, 0.3, readers=40) == [(JOIN, "3")]
    assert len(comings) == 6


def test_a_small_stream_does_not_wait_until_all_of_a_large_one_is_told() -> None:
    comings = Comings(100.0, 1_000, now=0.0)
    for number in range(50):
        comings.joined("t:large", f"c{number}", "large")
    comings.joined("t:small", "c", "small")
    told = comings.take(0.0, {"t:large": 90, "t:small": 2}.__getitem__)
    assert told == [Told("t:large", JOIN, "large"), Told("t:small", JOIN, "small"), Told("t:large", JOIN, "large")]


def test_what_waits_is_bounded_and_what_goes_beyond_is_counted() -> None:
    comings = Comings(100.0, 2, now=0.0)
    for number in range(5):
        comings.joined("t:a", f"c{number}", f"{number}")
    assert (len(comings), comings.dropped) == (2, 3)
    # What is taken back makes room.
    comings.left("t:a", "c0", "0")
    comings.joined("t:b", "c9", "9")
    assert (len(comings), comings.dropped) == (2, 3)
    assert taken(comings, 0.0) == [(JOIN, "1"), (JOIN, "9")]


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    comings = Comings(1.0, 10, now=100.0)
    comings.joined("t:a", "c1", "one")
    assert taken(comings, 50.0) == [(JOIN, "one")]


@given(st.lists(st.tuples(st.sampled_from(["t:a", "t:b"]), st.sampled_from("xyz"), st.booleans()), max_size=40))
def test_whoever_hears_everything_knows_in_the_end_who_is_there(steps: list[tuple[str, str, bool]]) -> None:
    comings = Comings(3.0, 1_000, now=0.0)
    here: set[tuple[str, str]] = set()
    heard: set[tuple[str, str]] = set()

    def hear(now: float) -> None:
        for told in comings.take(now, lambda stream: 2):
            key = (told.stream, told.text)
            assert (key in heard) == (told.type == LEAVE)
            heard.symmetric_difference_update({key})

    for step, (stream, client, waits) in enumerate(steps):
        key = (stream, client)
        (comings.left if key in here else comings.joined)(stream, client, client)
        here.symmetric_difference_update({key})
        if waits:
            hear(step / 4)
    for later in range(len(steps)):
        hear(1_000.0 + later)
    assert len(comings) == 0
    assert heard == here
