"""What else is said of an event, its tags and who published it, and data that is no object: kept as it was told."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hub import log
from hub.core.errors import BadRequest, LimitExceeded
from hub.core.types import JSONValue
from hub.log import Draft
from hub.log.drafts import MAX_META
from hub.models import Event, Stream
from hub.publish import publish, publish_many, publish_to_many

pytestmark = pytest.mark.django_db

TAGS = {"tags": {"lang": "dé"}}
INFO = {"info": {"user": "7", "client": "c1", "conn_info": {"name": "Ann"}}}


def metas(stream: str) -> list[Any]:
    return [json.loads(event.meta) if event.meta else None for event in log.read(stream, 0, 2_000)]


def test_tags_and_the_publisher_are_read_again_with_the_event() -> None:
    publish("t:a", "said", {"n": 1}, meta=TAGS | INFO)
    assert metas("t:a") == [TAGS | INFO]


def test_events_with_and_without_meta_stand_beside_each_other() -> None:
    drafts = [Draft("said", {"n": 1}), Draft("said", {"n": 2}, meta=TAGS), Draft("said", {"n": 3}, "k", INFO)]
    publish_many("t:a", drafts)
    publish_to_many({"t:a": [Draft("said", lambda: {"n": 4}, meta=INFO)], "t:b": [Draft("said", {"n": 1})]})
    assert metas("t:a") == [None, TAGS, INFO, INFO]
    assert metas("t:b") == [None]


def test_more_events_with_meta_than_one_statement_carries_are_written() -> None:
    publish_many("t:a", [Draft("said", {"n": number}, meta=TAGS) for number in range(1_100)])
    assert metas("t:a") == [TAGS] * 1_100


def test_an_event_that_was_published_before_has_the_meta_of_then() -> None:
    with transaction.atomic():
        log.append("t:a", [Draft("said", {}, "k", TAGS)])
        again = log.append("t:a", [Draft("said", {}, "k", INFO)])
    assert json.loads(again.events[0].meta) == TAGS


def test_a_statement_of_events_without_meta_does_not_name_it() -> None:
    with CaptureQueriesContext(connection) as queries:
        publish("t:a", "said", {"n": 1})
        plainly = len(queries)
        publish("t:a", "said", {"n": 2}, meta={})
    inserts = [query["sql"] for query in queries if query["sql"].startswith(f"INSERT INTO {Event._meta.db_table}")]
    assert len(inserts) == 2 and not any("meta" in sql for sql in inserts)
    assert plainly > 0 and metas("t:a") == [None, None]


def test_an_event_with_meta_takes_no_statement_more() -> None:
    publish("t:a", "said", {})
    with CaptureQueriesContext(connection) as plainly, transaction.atomic():
        publish("t:a", "said", {})
    with CaptureQueriesContext(connection) as tagged, transaction.atomic():
        publish("t:a", "said", {}, meta=TAGS)
    assert len(tagged) == len(plainly)


@pytest.mark.parametrize(
    "meta",
    [
        {"tag": {}},
        {"tags": ["a"]},
        {"tags": {"a": 1}},
        {"tags": {1: "a"}},
        {"info": "ann"},
        {"info": {"user": "7"}},
        {"info": {"user": 7, "client": "c"}},
        {"info": {"user": "7", "client": None}},
        {"info": {"user": "7", "client": "c", "password": "x"}},
        {"tags": {"a": "\ud800"}},
        ["tags"],
    ],
)
def test_meta_of_another_shape_is_refused_and_nothing_is_written(meta: Any) -> None:
    with pytest.raises(BadRequest, match="expected"):
        publish_to_many({"t:a": [Draft("said", {})], "t:b": [Draft("said", {}, meta=meta)]})
    assert not Stream.objects.exists()


def test_meta_is_bounded_in_bytes() -> None:
    fits = {"tags": {"a": "é" * ((MAX_META - len('{"tags":{"a":""}}')) // 2)}}
    publish("t:a", "said", {}, meta=fits)
    with pytest.raises(LimitExceeded, match=f"up to {MAX_META} bytes"):
        publish("t:a", "said", {}, meta={"tags": {"a": fits["tags"]["a"] + "é"}})
    assert metas("t:a") == [fits]


@pytest.mark.parametrize("data", ["text", 1, 0.5, True, None, [1, {"a": []}], {}, ""])
def test_data_may_be_any_json(data: JSONValue) -> None:
    publish("t:a", "message", data)
    publish("t:a", "message", lambda: data)
    assert [json.loads(event.data) for event in log.read("t:a", 0, 9)] == [data, data]
