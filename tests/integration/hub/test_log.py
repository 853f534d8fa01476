"""The log on a real database: offsets, keys, rollbacks (P1, P2, P7)."""

import json
import threading

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries, Settings

from hub import log
from hub.core.errors import BadRequest, HubError, LimitExceeded, UnknownStream
from hub.log import Draft
from hub.models import Event, Stream

pytestmark = pytest.mark.django_db(transaction=True)


def append(stream: str, *numbers: int, key: str | None = None) -> log.Appended:
    with transaction.atomic():
        return log.append(stream, [Draft("numbered", {"n": number}, key) for number in numbers])


def offsets(stream: str) -> list[int]:
    return list(Event.objects.filter(stream__name=stream).order_by("offset").values_list("offset", flat=True))


def test_offsets_begin_at_one_and_have_no_holes() -> None:
    append("t:a", 1, 2)
    append("t:a", 3)
    assert offsets("t:a") == [1, 2, 3]
    assert log.position("t:a").offset == 3


def test_streams_count_for_themselves() -> None:
    append("t:a", 1, 2)
    assert append("t:b", 1).events[0].offset == 1
    assert log.position("t:a").epoch != log.position("t:b").epoch


def test_an_append_outside_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError, match=r"inside transaction\.atomic"):
        log.append("t:a", [Draft("numbered", {})])
    assert not Stream.objects.exists()


def test_a_rollback_leaves_nothing_and_gives_the_offset_back() -> None:
    append("t:a", 1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        log.append("t:a", [Draft("numbered", {"n": 2})])
        raise ZeroDivisionError
    assert append("t:a", 3).events[0].offset == 2
    assert offsets("t:a") == [1, 2]


def test_a_savepoint_that_is_rolled_back_leaves_nothing() -> None:
    with transaction.atomic():
        log.append("t:a", [Draft("numbered", {"n": 1})])
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            log.append("t:a", [Draft("numbered", {"n": 2})])
            raise ZeroDivisionError
        log.append("t:a", [Draft("numbered", {"n": 3})])
    assert [event.data for event in log.read("t:a", 0, 10)] == ['{"n":1}', '{"n":3}']
    assert offsets("t:a") == [1, 2]


def test_a_repeated_key_writes_nothing_and_returns_the_first_event() -> None:
    first = append("t:a", 1, key="k")
    again = append("t:a", 2, key="k")
    assert again.events == first.events
    assert again.fresh == ()
    assert log.position("t:a").offset == 1


def test_a_key_that_stands_twice_in_one_append_writes_one_event() -> None:
    appended = append("t:a", 1, 2, key="k")
    assert [event.offset for event in appended.events] == [1, 1]
    assert offsets("t:a") == [1]


def test_the_same_key_in_another_stream_is_another_key() -> None:
    append("t:a", 1, key="k")
    assert append("t:b", 1, key="k").fresh


def test_data_that_is_called_counts_under_the_lock() -> None:
    with transaction.atomic():
        log.append("t:a", [Draft("counted", lambda: {"head": Stream.objects.get(name="t:a").head})])
    assert log.read("t:a", 0, 1)[0].data == '{"head":1}'


def test_reading_goes_on_after_an_offset_and_stops_at_the_limit() -> None:
    append("t:a", *range(1, 11))
    assert [event.offset for event in log.read("t:a", 3, 4)] == [4, 5, 6, 7]
    assert log.read("t:a", 10, 4) == []
    assert log.read("t:unknown", 0, 4) == []


def test_an_event_says_when_it_was_written_in_milliseconds() -> None:
    at = append("t:a", 1).events[0].at
    assert at == log.read("t:a", 0, 1)[0].at
    assert len(at) == len("2026-01-02T03:04:05.678Z") and at.endswith("Z")


@pytest.mark.parametrize("character", ["x", "€", "😀"])
def test_the_data_of_an_event_is_limited_by_bytes_not_characters(character: str, settings: Settings) -> None:
    settings.HUBBUB_MAX_EVENT_SIZE = 120
    size = len(character.encode())
    with transaction.atomic():
        # `{"x":""}` is data too.
        log.append("t:a", [Draft("said", {"x": character * (112 // size)})])
        with pytest.raises(LimitExceeded, match="up to 120 bytes"):
            log.append("t:a", [Draft("said", {"x": character * (112 // size + 1)})])


def test_data_may_hold_any_character() -> None:
    data = {"a": "".join(map(chr, [*range(0x100), 0x2028, 0xFFFF, 0x1F600]))}
    with transaction.atomic():
        log.append("t:a", [Draft("said", data)])
    assert json.loads(log.read("t:a", 0, 1)[0].data) == data


@pytest.mark.parametrize("data", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_data_that_is_no_json_is_refused_and_nothing_is_written(data: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="expected data that is JSON"), transaction.atomic():
        log.append("t:a", [Draft("numbered", data)])
    assert not Stream.objects.exists()


@pytest.mark.parametrize(("name", "error"), [("", BadRequest), ("a b:c", BadRequest), ("none:", UnknownStream)])
def test_a_wrong_stream_name_is_refused(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        append(name, 1)


@pytest.mark.parametrize(
    "draft",
    [
        Draft("", {}),
        Draft("t" * 101, {}),
        Draft("t\x00", {}),
        Draft("t", {}, ""),
        Draft("t", {}, "k" * 201),
        Draft("t", {}, "k\x00"),
    ],
)
def test_a_type_or_key_of_a_wrong_form_is_refused(draft: Draft) -> None:
    with pytest.raises(BadRequest, match="expected an"), transaction.atomic():
        log.append("t:a", [draft])


def test_concurrent_writers_leave_no_hole_and_no_double() -> None:
    def write(writer: int) -> None:
        try:
            for number in range(15):
                append("t:a", writer * 100 + number)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert offsets("t:a") == list(range(1, 61))
    assert log.position("t:a").offset == 60


def test_two_concurrent_repeats_of_a_key_write_one_event() -> None:
    results: list[log.Appended] = []
    start = threading.Barrier(4)

    def write() -> None:
        try:
            start.wait()
            results.append(append("t:a", 1, key="k"))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.offset for result in results for event in result.events] == [1, 1, 1, 1]
    assert sum(bool(result.fresh) for result in results) == 1


def test_renewed_epochs_are_new_and_leave_the_events_alone() -> None:
    append("t:a", 1, 2)
    append("t:b", 1)
    before = {name: log.position(name) for name in ("t:a", "t:b")}
    assert log.renew_epochs() == 2
    after = {name: log.position(name) for name in ("t:a", "t:b")}
    assert [position.offset for position in after.values()] == [2, 1]
    assert not {position.epoch for position in before.values()} & {position.epoch for position in after.values()}
    assert offsets("t:a") == [1, 2]


def test_many_streams_are_opened_with_few_queries_and_each_has_its_own_error(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    append("t:old", 1, 2)
    names = ["t:old", "nonsense:", "t:new", "t:new", *(f"t:{number}" for number in range(50))]
    # Those that there are, those to be made in a transaction, and how far these go.
    with django_assert_num_queries(5):
        opened = log.open_streams(names)
    assert isinstance(opened[1], UnknownStream)
    bounds = [one for one in opened if not isinstance(one, HubError)]
    assert [one.head for one in bounds] == [2, *[0] * 52]
    assert opened[2] == opened[3] == log.open_stream("t:new")
    assert log.open_streams([]) == []
