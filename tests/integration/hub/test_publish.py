"""Publishing on a real database and a real Redis: what is announced, and when (P1)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hub import announce
from hub.core.errors import BadRequest
from hub.core.events import Announcement, decode_announcement
from hub.core.streams import group_name
from hub.core.types import JSONObject
from hub.models import Event
from hub.publish import Draft, Published, publish, publish_ephemeral, publish_many, publish_to_many
from tests.programs import PATIENCE
from tests.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


class Listener:
    """Subscribes to a stream's group beside the product, and reads what is announced."""

    def __init__(self, url: str, stream: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._pubsub = self._client.pubsub()  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(f"hubbub__group__{group_name(stream)}")
        assert self._pubsub.get_message(timeout=5)["type"] == "subscribe"

    def next(self, timeout: float = 5.0) -> Announcement | None:
        message = self._pubsub.get_message(timeout=timeout)
        return decode_announcement(get_channel_layer().deserialize(message["data"])) if message else None

    def close(self) -> None:
        self._pubsub.close()
        self._client.close()


@pytest.fixture
def listener(redis_url: str) -> Iterator[Listener]:
    listener = Listener(redis_url, "t:a")
    yield listener
    listener.close()


def test_tags_are_announced_with_the_event_and_with_an_ephemeral_one(listener: Listener) -> None:
    publish("t:a", "said", "hé", meta={"tags": {"lang": "fr"}})
    publish_ephemeral("t:a", "typing", [1], meta={"info": {"user": "7", "client": "c"}})
    publish_ephemeral("t:a", "typing", None)
    told = [event for one in (listener.next(), listener.next(), listener.next()) if one for event in one.events]
    assert [(json.loads(event.data), event.meta) for event in told] == [
        ("hé", '{"tags":{"lang":"fr"}}'),
        ([1], '{"info":{"user":"7","client":"c"}}'),
        (None, ""),
    ]


def test_an_ephemeral_event_with_tags_that_are_none_is_refused() -> None:
    with pytest.raises(BadRequest, match="expected tags to be texts"):
        publish_ephemeral("t:a", "typing", {}, meta={"tags": {"a": 1}})


def test_a_published_event_is_announced_with_its_data(listener: Listener) -> None:
    published = publish("t:a", "said", {"body": "hé"})
    announcement = listener.next()
    assert announcement is not None
    assert (published.offset, published.repeated) == (1, False)
    assert (announcement.head, announcement.epoch) == (1, published.epoch)
    assert [json.loads(event.data) for event in announcement.events] == [{"body": "hé"}]


def test_nothing_is_announced_before_the_commit(listener: Listener) -> None:
    with transaction.atomic():
        publish("t:a", "said", {})
        assert listener.next(timeout=0.2) is None
    assert listener.next() is not None


def test_a_rolled_back_publish_leaves_no_event_and_announces_nothing(listener: Listener) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish("t:a", "said", {})
        raise ZeroDivisionError
    assert not Event.objects.exists()
    publish("t:a", "said", {"n": 2})
    announcement = listener.next()
    assert announcement is not None
    assert [event.data for event in announcement.events] == ['{"n":2}']


def test_a_rolled_back_savepoint_announces_nothing(listener: Listener) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            publish("t:a", "said", {"n": 1})
            raise ZeroDivisionError
        publish("t:a", "said", {"n": 2})
    announcement = listener.next()
    assert announcement is not None
    assert [event.data for event in announcement.events] == ['{"n":2}']
    assert listener.next(timeout=0.2) is None


def test_a_repeated_key_is_not_announced_again(listener: Listener) -> None:
    first = publish("t:a", "said", {"n": 1}, key="k")
    again = publish("t:a", "said", {"n": 2}, key="k")
    assert (again.offset, again.repeated) == (first.offset, True)
    assert listener.next() is not None
    assert listener.next(timeout=0.2) is None


def test_a_key_that_stands_twice_in_one_call_is_a_repeat_the_second_time(redis_url: str) -> None:
    places = publish_many("t:a", [Draft("said", {"n": n}, "k") for n in range(2)])
    assert [(place.offset, place.repeated) for place in places] == [(1, False), (1, True)]


def test_several_events_share_one_announcement(listener: Listener) -> None:
    published = publish_many("t:a", [Draft("said", {"n": n}) for n in range(3)])
    announcement = listener.next()
    assert announcement is not None
    assert [one.offset for one in published] == [event.offset for event in announcement.events] == [1, 2, 3]


def test_an_event_too_large_for_an_announcement_is_only_pointed_at(listener: Listener) -> None:
    publish("t:a", "said", {"body": "x" * 140_000})
    announcement = listener.next()
    assert announcement is not None
    assert (announcement.head, announcement.events) == (1, ())


def test_an_ephemeral_event_is_announced_and_not_logged(listener: Listener) -> None:
    publish_ephemeral("t:a", "typing", {"user": 1})
    announcement = listener.next()
    assert announcement is not None
    assert [(event.offset, event.type) for event in announcement.events] == [(None, "typing")]
    assert not Event.objects.exists()


def test_an_error_in_another_commit_hook_does_not_keep_the_announcement_back(listener: Listener) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with transaction.atomic():
        transaction.on_commit(fail, robust=True)
        publish("t:a", "said", {})
    assert listener.next() is not None


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[list[Announcement]]:
    """All that is announced, in the parts in which it goes to Redis."""
    parts: list[list[Announcement]] = []
    monkeypatch.setattr(announce, "send_all", lambda announcements: parts.append(list(announcements)))
    return parts


def test_what_is_published_to_many_streams_is_announced_together_after_the_commit(
    announced: list[list[Announcement]],
) -> None:
    with transaction.atomic():
        batch = {"t:a": [Draft("said", {"n": 1}, "k")], "t:b": [Draft("said", {"n": n}) for n in (2, 3)]}
        places = publish_to_many(batch)
        assert announced == []
    epochs = {stream: published[0].epoch for stream, published in places.items()}
    assert places == {
        "t:a": [Published(epochs["t:a"], 1, False)],
        "t:b": [Published(epochs["t:b"], offset, False) for offset in (1, 2)],
    }
    [part] = announced
    assert [(one.stream, one.epoch, one.head, len(one.events)) for one in part] == [
        ("t:a", epochs["t:a"], 1, 1),
        ("t:b", epochs["t:b"], 2, 2),
    ]


def test_of_many_streams_only_those_with_something_new_are_announced(announced: list[list[Announcement]]) -> None:
    publish("t:a", "said", {}, key="k")
    announced.clear()
    places = publish_to_many({"t:a": [Draft("said", {}, "k")], "t:b": [Draft("said", {}, "k")]})
    assert [place.repeated for published in places.values() for place in published] == [True, False]
    assert [[one.stream for one in part] for part in announced] == [["t:b"]]
    assert publish_to_many({"t:a": [Draft("said", {}, "k")]})["t:a"][0].repeated
    assert len(announced) == 1


@pytest.mark.parametrize("rolled_back", ["transaction", "savepoint"])
def test_what_is_published_to_many_streams_and_rolled_back_was_never_there(
    rolled_back: str, announced: list[list[Announcement]]
) -> None:
    with transaction.atomic():
        with transaction.atomic():
            publish_to_many({"t:a": [Draft("said", {})], "t:b": [Draft("said", {})]})
            transaction.set_rollback(True)
        if rolled_back == "transaction":
            publish_to_many({"t:a": [Draft("said", {})], "t:b": [Draft("said", {})]})
            transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert announced == []


def fail() -> JSONObject:
    raise BadRequest("this cannot be told")


@pytest.mark.parametrize("data", [{"a": object()}, fail, lambda: {"a": object()}])
@pytest.mark.parametrize("key", [None, "k"])
def test_a_publish_that_is_refused_leaves_the_callers_transaction_alone(
    data: JSONObject | Callable[[], JSONObject], key: str | None, announced: list[list[Announcement]]
) -> None:
    with transaction.atomic():
        publish("t:a", "said", {"n": 1})
        with pytest.raises(BadRequest):
            publish_many("t:a", [Draft("said", {}), Draft("said", data, key)])
        publish("t:a", "said", {"n": 2})
    assert list(Event.objects.order_by("offset").values_list("offset", "data")) == [(1, '{"n":1}'), (2, '{"n":2}')]
    assert [one.head for part in announced for one in part] == [1, 2]


def test_publishing_in_a_transaction_takes_two_statements(announced: list[list[Announcement]]) -> None:
    publish("t:a", "said", {})
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        publish("t:a", "said", {})
    assert [query["sql"].split()[0] for query in queries] == ["UPDATE", "INSERT"]


def test_a_gevent_pool_publishes_by_a_few_connections_and_no_event_loop(redis_url: str) -> None:
    greenlets, rounds = 10, 20
    command = [sys.executable, "-m", "tests.integration.hub.gevent_publisher", str(connection.settings_dict["NAME"])]
    command += [str(greenlets), str(rounds)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["published"] == greenlets * rounds * (1 + greenlets) == Event.objects.count()
    assert found["loops"] == 0
    assert found["connections"] <= announce.CONNECTIONS
