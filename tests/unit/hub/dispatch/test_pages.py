"""Pages of the log: whoever stands anywhere on one gets the rest of it, and they take a bounded number of bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.events import Event
from hub.deliver import EncodedEvent
from hub.dispatch.pages import FORMS, Pages
from hub.dispatch.stream import LocalStream

#: Bytes of one event: there is no data in it.
ONE = FORMS * Event(1, "numbered", "", "").size


def page(first: int, last: int) -> list[EncodedEvent]:
    return [EncodedEvent(Event(offset, "numbered", "", ""), "room:lobby") for offset in range(first, last + 1)]


def offsets(events: list[EncodedEvent]) -> list[int | None]:
    return [event.offset for event in events]


@pytest.fixture
def pages() -> Pages:
    """Room for ten events."""
    return Pages(10 * ONE)


@pytest.fixture
def local() -> LocalStream:
    return LocalStream("t:a")


@pytest.mark.parametrize(("after", "found"), [(3, []), (4, [5, 6, 7]), (5, [6, 7]), (6, [7]), (7, []), (8, [])])
def test_a_page_has_the_rest_of_it_for_whoever_stands_on_it(
    pages: Pages, local: LocalStream, after: int, found: list[int]
) -> None:
    pages.keep(local, page(5, 7))
    assert offsets(pages.find(local, after)) == found


@given(
    kept=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 8)), max_size=10),
    room=st.integers(0, 40),
    after=st.integers(0, 30),
)
def test_whatever_is_kept_what_is_found_follows_without_a_hole(
    kept: list[tuple[int, int]], room: int, after: int
) -> None:
    pages, local = Pages(room * ONE), LocalStream("t:a")
    for first, more in kept:
        pages.keep(local, page(first, first + more))
        assert pages.used <= room * ONE
    found = offsets(pages.find(local, after))
    assert found == list(range(after + 1, after + 1 + len(found)))


def test_a_page_that_is_read_again_takes_the_place_of_the_one_before(pages: Pages, local: LocalStream) -> None:
    pages.keep(local, page(1, 2))
    pages.keep(local, page(1, 4))
    assert offsets(pages.find(local, 0)) == [1, 2, 3, 4]
    assert pages.used == 4 * ONE


def test_the_page_used_longest_ago_gives_way(pages: Pages, local: LocalStream) -> None:
    other = LocalStream("t:b")
    pages.keep(local, page(1, 4))
    pages.keep(other, page(1, 4))
    pages.find(local, 0)
    pages.keep(local, page(5, 8))
    assert pages.find(other, 0) == []
    assert offsets(pages.find(local, 0)) == [1, 2, 3, 4]
    assert offsets(pages.find(local, 4)) == [5, 6, 7, 8]


def test_a_page_larger_than_all_room_is_not_kept(pages: Pages, local: LocalStream) -> None:
    pages.keep(local, page(1, 11))
    assert pages.find(local, 0) == []
    assert pages.used == 0


def test_nothing_is_found_of_another_life_of_the_stream(pages: Pages, local: LocalStream) -> None:
    pages.keep(local, page(1, 4))
    assert pages.find(LocalStream(local.name), 0) == []


def test_nothing_is_left_of_a_stream_that_is_forgotten(pages: Pages, local: LocalStream) -> None:
    other = LocalStream("t:b")
    for one in (local, other):
        pages.keep(one, page(1, 2))
        pages.keep(one, page(3, 4))
    pages.forget(local)
    assert pages.find(local, 0) == pages.find(local, 2) == []
    assert offsets(pages.find(other, 0)) == [1, 2]
    assert pages.used == 4 * ONE
