"""Pages of what a stream keeps: onwards and backwards, to the end, or told that there would be a hole (P3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import log
from hub.core.errors import BadRequest, UnknownStream, UnrecoverablePosition
from hub.core.events import Position
from hub.history import MAX_EVENTS, History, history
from hub.log import Draft
from hub.models import Event, Stream
from hub.publish import publish_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def epoch() -> str:
    """The epoch of a stream of ten events, of which the first three are no longer kept."""
    places = publish_many("t:a", [Draft("numbered", {"n": number}) for number in range(1, 11)])
    Event.objects.filter(stream__name="t:a", offset__lte=3).delete()
    Stream.objects.filter(name="t:a").update(floor=3)
    return places[0].epoch


def offsets(page: History) -> list[int | None]:
    return [event.offset for event in page.events]


@pytest.mark.parametrize("since", [None, Position("", 5), Position("", 10)])
@pytest.mark.parametrize("reverse", [False, True])
def test_limit_0_gives_the_position_alone_and_asks_for_no_event(
    since: Position | None, reverse: bool, epoch: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert history("t:a", limit=0, since=since, reverse=reverse) == History([], Position(epoch, 10))
    assert len(queries) == 1


def test_a_page_takes_two_queries(epoch: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        history("t:a", limit=5, since=Position(epoch, 5))
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("limit", "since", "reverse", "expected"),
    [
        (-1, None, False, [4, 5, 6, 7, 8, 9, 10]),
        (-5, None, False, [4, 5, 6, 7, 8, 9, 10]),
        (2, None, False, [4, 5]),
        (2, 0, False, [4, 5]),
        (2, 3, False, [4, 5]),
        (2, 5, False, [6, 7]),
        (100, 8, False, [9, 10]),
        (-1, 10, False, []),
        (-1, None, True, [10, 9, 8, 7, 6, 5, 4]),
        (2, None, True, [10, 9]),
        (2, 6, True, [5, 4]),
        (-1, 6, True, [5, 4]),
        (-1, 4, True, []),
        (-1, 1, True, []),
        (2, 99, True, [10, 9]),
    ],
)
def test_a_page_is_cut_as_asked_for(
    limit: int, since: int | None, reverse: bool, expected: list[int], epoch: str
) -> None:
    places = [None] if since is None else [Position(epoch, since), Position("", since)]
    for place in places:
        page = history("t:a", limit=limit, since=place, reverse=reverse)
        assert offsets(page) == expected
        assert page.position == Position(epoch, 10)


@pytest.mark.parametrize("limit", [0, 5])
@pytest.mark.parametrize("since", [Position("other", 5), Position("", 2), Position("", 1), Position("", 11)])
def test_a_position_that_cannot_be_gone_on_from_is_refused(since: Position, limit: int, epoch: str) -> None:
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=limit, since=since)


def test_reading_backwards_from_another_life_of_the_stream_is_refused(epoch: str) -> None:
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=5, since=Position("other", 5), reverse=True)


def test_reading_backwards_from_0_is_refused(epoch: str) -> None:
    with pytest.raises(BadRequest, match="1 or more"):
        history("t:a", limit=5, since=Position(epoch, 0), reverse=True)


def test_a_stream_that_was_never_written_to_has_an_epoch_that_stays() -> None:
    first = history("t:new", limit=-1)
    assert first.events == [] and first.position.offset == 0
    assert publish_many("t:new", [Draft("numbered", {})])[0].epoch == first.position.epoch
    assert offsets(history("t:new", limit=-1, since=first.position)) == [1]


def test_what_is_no_streams_name_is_refused() -> None:
    with pytest.raises(BadRequest):
        history("a b:c", limit=1)
    with pytest.raises(UnknownStream):
        history(":", limit=1)


def test_a_page_is_bounded_and_the_next_goes_on_where_it_ends(epoch: str) -> None:
    read: list[int | None] = []
    since = Position(epoch, 0)
    while page := offsets(history("t:a", limit=-1, since=since, most=3)):
        assert len(page) <= 3
        read += page
        since = Position(epoch, page[-1] or 0)
    assert read == [4, 5, 6, 7, 8, 9, 10]
    assert MAX_EVENTS == 1_000


def test_a_page_is_bounded_in_bytes_both_ways(epoch: str) -> None:
    size = len('{"n":4}')
    assert offsets(history("t:a", limit=-1, max_bytes=2 * size)) == [4, 5]
    assert offsets(history("t:a", limit=-1, since=Position(epoch, 9), reverse=True, max_bytes=2 * size)) == [8, 7]
    assert offsets(history("t:a", limit=-1, max_bytes=1)) == [4]


def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """Have something happen between the look at the stream's end and the reading of the page."""
    open_stream = log.open_stream

    def open_and_change(stream: str) -> log.Bounds:
        found = open_stream(stream)
        change()
        return found

    monkeypatch.setattr(log, "open_stream", open_and_change)


def test_what_is_written_meanwhile_is_not_beyond_the_position_that_is_told(
    epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: publish_many("t:a", [Draft("numbered", {})]))
    for since in (None, Position(epoch, 4)):
        page = history("t:a", limit=-1, since=since)
        assert page.events[-1].offset == page.position.offset


def test_what_is_cut_off_meanwhile_leaves_no_hole_unsaid(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: Event.objects.filter(offset__lte=7).delete())
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=-1, since=Position(epoch, 5))
    meanwhile(monkeypatch, lambda: Event.objects.all().delete())
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=-1, since=Position(epoch, 8))


def test_a_life_that_ends_meanwhile_is_not_mixed_with_the_next(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, log.renew_epochs)
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=-1, since=Position(epoch, 5))
