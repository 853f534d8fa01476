"""Trimming a stream: the floor moves, the epoch stays, and whoever stands below is told (P3)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import log
from hub.core.errors import UnrecoverablePosition
from hub.core.events import Position
from hub.history import history
from hub.log import Draft, trimming
from hub.models import Event, Stream
from hub.publish import publish, publish_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def epoch() -> str:
    """The epoch of a stream of ten events."""
    return publish_many("t:a", [Draft("numbered", number) for number in range(1, 11)])[0].epoch


def offsets(stream: str = "t:a") -> list[int]:
    return list(Event.objects.filter(stream__name=stream).order_by("offset").values_list("offset", flat=True))


def test_a_trimmed_stream_keeps_its_epoch_and_its_end(epoch: str) -> None:
    publish("t:b", "numbered", 1)
    log.trim("t:a")
    assert log.open_stream("t:a") == log.Bounds(epoch, 10, 10)
    assert offsets() == [] and offsets("t:b") == [1]
    assert publish("t:a", "numbered", 11).offset == 11
    assert history("t:a", limit=-1, since=Position(epoch, 10)).events[0].offset == 11
    with pytest.raises(UnrecoverablePosition):
        history("t:a", limit=-1, since=Position(epoch, 9))


@pytest.mark.parametrize(("through", "left"), [(0, 10), (1, 9), (9, 1), (10, 0), (99, 0)])
def test_a_stream_is_trimmed_up_to_an_offset_and_not_beyond_its_end(through: int, left: int, epoch: str) -> None:
    log.trim("t:a", through)
    assert len(offsets()) == left
    assert log.open_stream("t:a").floor == 10 - left


def test_the_floor_never_moves_back(epoch: str) -> None:
    log.trim("t:a", 7)
    log.trim("t:a", 3)
    assert log.open_stream("t:a").floor == 7
    assert offsets() == [8, 9, 10]


def test_a_stream_that_was_never_written_to_is_not_made() -> None:
    log.trim("t:a")
    assert not Stream.objects.exists()


def test_a_long_history_goes_page_by_page(epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "PAGE", 3)
    with CaptureQueriesContext(connection) as queries:
        log.trim("t:a", 8)
    assert offsets() == [9, 10]
    assert sum(query["sql"].startswith("DELETE") for query in queries) == 3


def test_what_is_below_the_floor_and_still_there_goes_with_the_next(
    epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(cursor: object, stream_id: int, through: int) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(trimming, "keep_keys", fail)
        log.trim("t:a", 8)
    assert log.open_stream("t:a").floor == 8 and len(offsets()) == 10
    log.trim("t:a", 8)
    assert offsets() == [9, 10]
