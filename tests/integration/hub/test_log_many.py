"""Appending to many streams at once does what appending one by one does (P1, P2, P7)."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import log
from hub.core.errors import BadRequest, UnknownStream
from hub.core.json import encode_json
from hub.core.types import JSONObject
from hub.log import Appended, Draft, drafts
from hub.models import Event, Stream

pytestmark = pytest.mark.django_db

_numbers = itertools.count()

#: What a draft is made of: its number, its key, and whether its data is called for.
Plan = tuple[int, str | None, bool]

plans = st.tuples(st.integers(0, 9), st.none() | st.sampled_from(["k", "l", "m"]), st.booleans())
names = st.sampled_from(["a", "b", "c", "d"])
batches = st.dictionaries(names, st.lists(plans, max_size=5), max_size=4)


def draft_of(plan: Plan) -> Draft:
    number, key, called = plan
    data: JSONObject = {"n": number}
    return Draft("numbered", (lambda: data) if called else data, key)


def append_one_by_one(batch: Mapping[str, Sequence[Draft]]) -> dict[str, list[tuple[int | None, str, bool]]]:
    """Return offset, data and newness of each event, by stream."""
    found: dict[str, list[tuple[int | None, str, bool]]] = {}
    for stream, asked in batch.items():
        appended = [log.append(stream, [draft]) for draft in asked]
        found[stream] = [(one.events[0].offset, one.events[0].data, bool(one.fresh)) for one in appended]
    return found


def seen(appended: Mapping[str, Appended]) -> dict[str, list[tuple[int | None, str, bool]]]:
    """Return the same of an append to many streams."""
    found: dict[str, list[tuple[int | None, str, bool]]] = {}
    for stream, one in appended.items():
        fresh = {event.offset for event in one.fresh}
        found[stream] = []
        for event in one.events:
            found[stream].append((event.offset, event.data, event.offset in fresh))
            # A key that stands twice in one batch has one new event.
            fresh.discard(event.offset)
    return found


def rows_of(prefix: str) -> list[tuple[Any, ...]]:
    """Return all that the log holds of the streams of a prefix, whose names are cut off."""
    rows = Event.objects.filter(stream__name__startswith=prefix).order_by("stream__name", "offset")
    columns = rows.values_list("stream__name", "stream__head", "offset", "type", "data", "key")
    return [(name.removeprefix(prefix), *rest) for name, *rest in columns]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(batches, min_size=1, max_size=4))
def test_a_batch_has_the_effect_and_the_answer_of_its_drafts_one_by_one(
    history: list[dict[str, list[Plan]]],
) -> None:
    one, many = f"t:one{next(_numbers)}.", f"t:many{next(_numbers)}."
    for batch in history:
        plan = {name: list(map(draft_of, plans)) for name, plans in batch.items()}
        with transaction.atomic():
            expected = append_one_by_one({one + name: found for name, found in plan.items()})
            appended = log.append_many({many + name: found for name, found in plan.items()})
        assert {name.removeprefix(many): found for name, found in seen(appended).items()} == {
            name.removeprefix(one): found for name, found in expected.items()
        }
        assert all(Stream.objects.get(name=name).epoch == found.epoch for name, found in appended.items())
    assert rows_of(many) == rows_of(one)


@pytest.mark.parametrize("features", [True, False])
def test_a_database_that_cannot_return_what_it_updates_is_asked(
    features: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", features)
    for number in (1, 2):
        with transaction.atomic():
            assert log.append("t:a", [Draft("numbered", {})]).events[0].offset == number


def test_many_streams_and_many_events_take_few_statements_more() -> None:
    def statements(streams: int, events: int) -> int:
        batch = {f"t:{number}": [Draft("numbered", {"n": number})] * events for number in range(streams)}
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            log.append_many(batch)
        return len(queries)

    statements(40, 1)
    # The events take one statement for each 140.
    assert statements(40, 5) <= statements(2, 2) + 1
    assert statements(40, 5) < 10


def test_more_streams_and_events_than_one_statement_names_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = {
        f"t:{number}": [Draft("numbered", {"n": number}, f"k{one}") for one in range(3)] for number in range(1_100)
    }
    with transaction.atomic():
        appended = log.append_many(batch)
        again = log.append_many(batch)
    assert Event.objects.count() == 3_300
    assert set(Stream.objects.values_list("head", flat=True)) == {3}
    assert [one.events for one in again.values()] == [one.events for one in appended.values()]
    assert not any(one.fresh for one in again.values())


def test_all_streams_are_locked_and_counted_before_the_first_data_is_called_for() -> None:
    def heads() -> JSONObject:
        return {"heads": list(Stream.objects.order_by("name").values_list("head", flat=True))}

    with transaction.atomic():
        log.append_many({"t:b": [Draft("counted", heads)], "t:a": [Draft("counted", {}), Draft("counted", heads)]})
    assert [json.loads(event.data) for event in log.read("t:b", 0, 9)] == [{"heads": [2, 1]}]
    assert [json.loads(event.data) for event in log.read("t:a", 1, 9)] == [{"heads": [2, 1]}]


def test_data_that_goes_to_many_streams_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []

    def encode(data: JSONObject) -> str:
        encoded.append(data)
        return encode_json(data)

    monkeypatch.setattr(drafts, "encode_json", encode)
    draft = Draft("said", {"body": "to all"})
    with transaction.atomic():
        log.append_many({f"t:{number}": [draft] for number in range(5)})
    assert encoded == [{"body": "to all"}]
    assert {data for (data,) in Event.objects.values_list("data")} == {'{"body":"to all"}'}


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ({"t:a": [Draft("t", {})], "none:": [Draft("t", {})]}, UnknownStream),
        ({"t:a": [Draft("t", {})], "t:b": [Draft("", {})]}, BadRequest),
        ({"t:a": [Draft("t", {})], "t:b": [Draft("t", {"a": object()})]}, BadRequest),
    ],
)
def test_a_batch_with_something_wrong_is_refused_before_anything_is_written(
    batch: dict[str, list[Draft]], error: type[Exception]
) -> None:
    with transaction.atomic():
        with pytest.raises(error):
            log.append_many(batch)
        # The caller may go on.
        log.append("t:c", [Draft("t", {})])
    assert list(Stream.objects.values_list("name", flat=True)) == ["t:c"]


def fail() -> JSONObject:
    raise ZeroDivisionError


@pytest.mark.parametrize("data", [fail, lambda: {"a": object()}])
def test_data_that_fails_when_it_is_called_for_leaves_nothing_to_commit(data: Callable[[], JSONObject]) -> None:
    with transaction.atomic():
        with pytest.raises((ZeroDivisionError, BadRequest)):
            log.append_many({"t:a": [Draft("t", {})], "t:b": [Draft("t", data)]})
        assert connection.needs_rollback
        transaction.set_rollback(True)


def test_a_batch_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(TransactionManagementError, match=r"inside transaction\.atomic"):
        log.append_many({"t:a": [Draft("t", {})]})


def test_nothing_is_appended_where_there_is_nothing() -> None:
    assert log.append_many({}) == {}
    assert log.append("t:a", []).events == ()
