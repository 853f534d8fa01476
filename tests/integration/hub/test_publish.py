"""Publishing on a real database and a real Redis: what is announced, and when (P1)."""

import json
from collections.abc import Iterator

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import transaction

from hub.core.events import Announcement, decode_announcement
from hub.core.streams import group_name
from hub.models import Event
from hub.publish import Draft, publish, publish_ephemeral, publish_many

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
