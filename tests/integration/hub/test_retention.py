"""How long events are kept: the size and the age that a namespace names, and not an event more than those goes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import log, retention
from hub.core.errors import UnrecoverablePosition
from hub.core.events import Position
from hub.history import history
from hub.models import Event, Stream
from hub.namespaces import Namespace
from hub.publish import Draft, publish, publish_many
from hub.retention import trim_streams
from tests.integration.hub.boards import registered

pytestmark = pytest.mark.django_db


def namespace(name: str, **options: Any) -> Namespace:
    kind: type[Namespace] = type("Kept", (Namespace,), {"prefix": name, **options})
    return kind()


@pytest.fixture(autouse=True)
def _namespaces() -> Iterator[None]:
    with registered(
        namespace("few", history_size=3),
        namespace("hour", history_ttl=3_600),
        namespace("both", history_size=3, history_ttl=3_600),
        namespace("all"),
    ):
        yield


def fill(stream: str, count: int, *, hours_ago: float = 0) -> str:
    """Publish events, and have them be of some hours ago. Return the stream's epoch."""
    places = publish_many(stream, [Draft("numbered", number) for number in range(count)])
    at = timezone.now() - timedelta(hours=hours_ago)
    Event.objects.filter(stream__name=stream, offset__gte=places[0].offset).update(at=at)
    return places[0].epoch


def offsets(stream: str) -> list[int]:
    return list(Event.objects.filter(stream__name=stream).order_by("offset").values_list("offset", flat=True))


def test_as_many_events_are_kept_as_the_namespace_says() -> None:
    fill("few:a", 5)
    fill("few:b", 3)
    assert trim_streams() == 2
    assert (offsets("few:a"), offsets("few:b")) == ([3, 4, 5], [1, 2, 3])
    assert trim_streams() == 0
    publish("few:a", "numbered", 6)
    assert trim_streams() == 1
    assert offsets("few:a") == [4, 5, 6]


def test_events_are_kept_as_long_as_the_namespace_says() -> None:
    fill("hour:a", 2, hours_ago=2)
    fill("hour:a", 2, hours_ago=0.5)
    fill("hour:gone", 2, hours_ago=2)
    assert trim_streams() == 4
    assert (offsets("hour:a"), offsets("hour:gone")) == ([3, 4], [])
    assert trim_streams(timezone.now() + timedelta(hours=1)) == 2
    assert offsets("hour:a") == []


def test_the_stricter_of_both_counts() -> None:
    fill("both:a", 2, hours_ago=2)
    fill("both:a", 2)
    fill("both:b", 5)
    trim_streams()
    assert (offsets("both:a"), offsets("both:b")) == ([3, 4], [3, 4, 5])


def test_a_namespace_that_names_no_bound_keeps_everything() -> None:
    fill("all:a", 5, hours_ago=100_000)
    fill("unknown:a", 5, hours_ago=100_000)
    trim_streams(timezone.now() + timedelta(days=100_000))
    assert (offsets("all:a"), offsets("unknown:a")) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_whoever_stands_below_what_is_kept_is_told_and_nobody_else() -> None:
    epoch = fill("few:a", 5)
    trim_streams()
    with pytest.raises(UnrecoverablePosition):
        history("few:a", limit=-1, since=Position(epoch, 1))
    assert [event.offset for event in history("few:a", limit=-1, since=Position(epoch, 2)).events] == [3, 4, 5]
    assert publish("few:a", "numbered", 6).epoch == epoch


def test_many_streams_are_looked_at_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAGE", 2)
    for number in range(5):
        fill(f"few:{number}", 4)
        fill(f"all:{number}", 4)
    assert trim_streams() == 5
    assert all(offsets(f"few:{number}") == [2, 3, 4] for number in range(5))


def test_the_command_says_how_many_there_were(capsys: pytest.CaptureFixture[str]) -> None:
    fill("few:a", 5)
    call_command("trim")
    assert capsys.readouterr().out == "Let go of 2 events.\n"


def test_a_round_that_fails_is_made_up_for_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("database is locked")

    fill("few:a", 5)
    with monkeypatch.context() as patch:
        patch.setattr(log, "trim", fail)
        assert retention.trim() == 0
    assert retention.trim() == 2


Steps = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 90), st.booleans()), max_size=8)


@given(steps=Steps, size=st.integers(0, 6), ttl=st.sampled_from([0, 1_800, 3_600]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_left_is_the_newest_part_without_a_hole(steps: list[Any], size: int, ttl: int) -> None:
    """Publish, let time pass and trim, in any order: a list that does the same has the same left."""
    Stream.objects.all().delete()
    now, head, model = timezone.now(), 0, []
    with registered(namespace("some", history_size=size, history_ttl=ttl)):
        for count, minutes, trims in steps:
            for place in publish_many("some:a", [Draft("numbered", 1)] * count):
                head = place.offset
                model.append((head, now))
            Event.objects.filter(stream__name="some:a", offset__gt=head - count).update(at=now)
            now += timedelta(minutes=minutes)
            if trims:
                trim_streams(now)
                model = [(offset, at) for offset, at in model if not ttl or at >= now - timedelta(seconds=ttl)]
                model = model[-size:] if size else model
                assert offsets("some:a") == [offset for offset, _ in model]
                bounds = log.open_stream("some:a")
                assert (bounds.head, bounds.floor) == (head, head - len(model))
