"""Accounting: readers that only count bytes are held against the one of their room that looks at every frame."""

import pytest

from tests.benchmarks.client.accounting import Counted, all_equal, deliveries, unequal


def test_readers_that_got_as_much_as_the_careful_one_of_their_room_are_right() -> None:
    readers = [Counted(0, 2, 500), Counted(0, 3, 500), Counted(1, 2, 90)]
    assert all_equal([500, 90], readers)
    assert unequal([500, 90], readers) == []


def test_a_reader_that_got_less_is_named() -> None:
    readers = [Counted(0, 2, 500), Counted(1, 3, 89)]
    assert not all_equal([500, 90], readers)
    assert unequal([500, 90], readers) == ["reader 3 of room 1 got 89 bytes, expected 90"]


def test_a_reader_that_got_more_is_wrong_too() -> None:
    assert not all_equal([500], [Counted(0, 2, 501)])


def test_of_many_that_are_wrong_some_are_named_and_the_rest_counted() -> None:
    said = unequal([1], [Counted(0, number, 0) for number in range(8)])
    assert len(said) == 6
    assert said[-1] == "and 3 readers more"


def test_deliveries_are_told_by_the_size_of_a_rooms_messages() -> None:
    # Ten messages of 50 bytes in one room, four of 20 in the other.
    readers = [Counted(0, 0, 500), Counted(0, 1, 250), Counted(1, 0, 80)]
    assert deliveries([(10, 500), (4, 80)], readers) == pytest.approx(10 + 5 + 4)


def test_a_room_in_which_nothing_was_said_has_no_deliveries() -> None:
    assert deliveries([(0, 0)], [Counted(0, 0, 0)]) == 0
