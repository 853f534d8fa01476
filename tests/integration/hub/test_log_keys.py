"""Idempotency keys where the log has no event: of what is not kept, and of what is kept no longer (P7)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import log
from hub.core.errors import BadRequest, LimitExceeded
from hub.core.events import Announcement
from hub.log import Draft, keys
from hub.models import Event, Receipt, Stream
from hub.publish import publish, publish_ephemeral_to_many, publish_many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Stream and data of each event that is announced."""
    found: list[tuple[str, str]] = []

    def send_all(announcements: list[Announcement]) -> bool:
        found.extend((one.stream, event.data) for one in announcements for event in one.events)
        return True

    monkeypatch.setattr("hub.announce.send_all", send_all)
    return found


def age(by: timedelta) -> None:
    Receipt.objects.update(at=timezone.now() - by)


def test_what_is_not_kept_is_told_once_for_each_key(told: list[tuple[str, str]]) -> None:
    for number in (1, 2):
        assert publish_ephemeral_to_many(["t:a", "t:b"], Draft("said", number, "k")) == {"t:a": 0, "t:b": 0}
    publish_ephemeral_to_many(["t:b", "t:c"], Draft("said", 3, "k"))
    publish_ephemeral_to_many(["t:a"], Draft("said", 4, "l"))
    assert told == [("t:a", "1"), ("t:b", "1"), ("t:c", "3"), ("t:a", "4")]
    assert not Event.objects.exists()


def test_without_a_key_it_is_told_each_time_and_nothing_is_written(told: list[tuple[str, str]]) -> None:
    for _ in range(2):
        publish_ephemeral_to_many(["t:a", "t:b", "t:a"], Draft("said", 1))
    assert told == [("t:a", "1"), ("t:b", "1"), ("t:a", "1")] * 2
    assert not Stream.objects.exists() and not Receipt.objects.exists()


def test_a_rollback_takes_the_key_back_and_tells_nobody(told: list[tuple[str, str]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish_ephemeral_to_many(["t:a"], Draft("said", 1, "k"))
        raise ZeroDivisionError
    assert told == []
    publish_ephemeral_to_many(["t:a"], Draft("said", 2, "k"))
    assert told == [("t:a", "2")]


def test_a_key_is_one_key_for_what_is_kept_and_what_is_not(told: list[tuple[str, str]]) -> None:
    assert publish("t:a", "said", 1, key="k").offset == 1
    assert publish_ephemeral_to_many(["t:a"], Draft("said", 2, "k")) == {"t:a": 1}
    publish_ephemeral_to_many(["t:a"], Draft("said", 3, "l"))
    first = publish("t:a", "said", 4, key="l")
    assert (first.offset, first.repeated) == (0, True)
    assert told == [("t:a", "1"), ("t:a", "3")]


def test_a_key_is_forgotten_after_ten_minutes_and_not_before(told: list[tuple[str, str]]) -> None:
    assert timedelta(minutes=5) <= keys.KEPT
    publish_ephemeral_to_many(["t:a"], Draft("said", 1, "k"))
    age(keys.KEPT - timedelta(seconds=30))
    publish_ephemeral_to_many(["t:a"], Draft("said", 2, "k"))
    age(keys.KEPT + timedelta(seconds=1))
    publish_ephemeral_to_many(["t:a"], Draft("said", 3, "k"))
    publish_ephemeral_to_many(["t:a"], Draft("said", 4, "k"))
    assert told == [("t:a", "1"), ("t:a", "3")]


def test_receipts_that_are_too_old_are_deleted_as_new_ones_come(
    told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_claims", 0)
    names = [f"t:{number}" for number in range(keys._CLAIMS_TO_SWEEP - 1)]
    publish_ephemeral_to_many(names, Draft("said", 1, "k"))
    age(keys.KEPT + timedelta(seconds=1))
    publish_ephemeral_to_many(["t:new"], Draft("said", 1, "k"))
    assert [receipt.stream.name for receipt in Receipt.objects.all()] == ["t:new"]


def test_many_streams_with_a_key_take_few_statements(told: list[tuple[str, str]]) -> None:
    names = [f"t:{number}" for number in range(100)]
    publish_ephemeral_to_many(names, Draft("said", 1, "k"))
    with CaptureQueriesContext(connection) as queries:
        publish_ephemeral_to_many(names, Draft("said", 1, "l"))
    assert len(queries) < 12


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadRequest):
        publish_ephemeral_to_many(["t:a"], Draft("said", 1, key))


def test_data_that_is_too_large_is_refused_and_its_key_is_free() -> None:
    with pytest.raises(LimitExceeded):
        publish_ephemeral_to_many(["t:a"], Draft("said", "x" * 600_000, "k"))
    assert not Receipt.objects.exists()


def test_of_two_that_come_at_once_with_one_key_one_is_told(told: list[tuple[str, str]], redis_url: str) -> None:
    ready = threading.Barrier(2)

    def publish_at_once() -> None:
        ready.wait()
        publish_ephemeral_to_many(["t:a", "t:b"], Draft("said", 1, "k"))
        connections.close_all()

    threads = [threading.Thread(target=publish_at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == [("t:a", "1"), ("t:b", "1")]


def test_the_keys_of_what_is_trimmed_are_remembered_for_a_while(told: list[tuple[str, str]]) -> None:
    publish_many("t:a", [Draft("said", number, f"k{number}") for number in (1, 2, 3)])
    log.trim("t:a", 2)
    again = [publish("t:a", "said", 9, key=f"k{number}") for number in (1, 2, 3)]
    assert [(place.offset, place.repeated) for place in again] == [(1, True), (2, True), (3, True)]
    age(keys.KEPT + timedelta(seconds=1))
    assert publish("t:a", "said", 9, key="k1").offset == 4
    log.trim("t:a")
    assert publish("t:a", "said", 9, key="k1").offset == 4
