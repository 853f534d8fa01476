"""Publishing by other programs: kept or told, once for each key, newest versions alone (P1, P7)."""

import base64
import json
import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections

from hub import log
from hub.core.types import JSONValue
from hub.models import Event, Stream
from hub.publish import publish
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)

Told = list[tuple[str, Any]]


def kept(stream: str = "board:a") -> list[Any]:
    return [json.loads(event.data) for event in log.read(stream, 0, 100)]


def test_what_is_published_is_in_the_log_and_told(program: Program, told: Told) -> None:
    result = program.result("publish", channel="board:a", data={"n": 1})
    place = log.position("board:a")
    assert result == {"offset": 1, "epoch": place.epoch}
    assert program.result("publish", channel="board:a", data={"n": 2})["offset"] == 2
    assert kept() == [{"n": 1}, {"n": 2}] == [data for _, data in told]
    assert {event.type for event in log.read("board:a", 0, 9)} == {"message"}


@pytest.mark.parametrize("data", [{"a": [1, None]}, [], "text", 0, 1.5, False, None, ""])
def test_data_is_any_json_as_it_is_or_in_base64(data: JSONValue, program: Program) -> None:
    program.result("publish", channel="board:a", data=data)
    program.result("publish", channel="board:a", b64data=base64.b64encode(json.dumps(data).encode()).decode())
    program.result("publish", channel="board:a", data=data, b64data="")
    assert kept() == [data] * 3


def test_what_is_not_kept_has_no_place(program: Program, told: Told) -> None:
    assert program.result("publish", channel="passing:a", data=1) == {}
    assert program.result("publish", channel="board:a", data=2, skip_history=True) == {}
    assert told == [("passing:a", 1), ("board:a", 2)]
    assert not Event.objects.exists()


def test_tags_go_with_it(program: Program) -> None:
    program.result("publish", channel="board:a", data=1, tags={"lang": "de"})
    program.result("publish", channel="board:a", data=1, tags={})
    assert [event.meta for event in log.read("board:a", 0, 9)] == ['{"tags":{"lang":"de"}}', ""]


@pytest.mark.parametrize(
    "params",
    [
        {"data": 1},
        {"channel": "", "data": 1},
        {"channel": 5, "data": 1},
        {"channel": "board:" + "x" * 250, "data": 1},
        {"channel": "board:a"},
        {"channel": "board:a", "b64data": "not base64!"},
        {"channel": "board:a", "b64data": base64.b64encode(b"{").decode()},
        {"channel": "board:a", "b64data": base64.b64encode(b"\xff").decode()},
        {"channel": "board:a", "data": 1, "b64data": "MQ=="},
        {"channel": "board:a", "data": 1, "tags": ["x"]},
        {"channel": "board:a", "data": 1, "tags": {"x": 1}},
        {"channel": "board:a", "data": 1, "idempotency_key": "x" * 201},
        {"channel": "board:a", "data": 1, "idempotency_key": 5},
        {"channel": "board:a", "data": 1, "skip_history": "yes"},
        {"channel": "board:a", "data": 1, "delta": 1},
        {"channel": "board:a", "data": 1, "version": -1},
        {"channel": "board:a", "data": 1, "version": 1.5},
        {"channel": "board:a", "data": 1, "version": True},
        {"channel": "board:a", "data": 1, "version": 1, "version_epoch": "x" * 101},
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_is_published(
    params: dict[str, object], program: Program, told: Told
) -> None:
    assert program.error("publish", **params) == 107
    assert not Stream.objects.exists() and told == []


def test_data_that_is_too_large_is_refused(program: Program) -> None:
    assert program.error("publish", channel="board:a", data="x" * 600_000) == 106
    assert program.error("publish", channel="passing:a", data="x" * 600_000) == 106


@pytest.mark.parametrize("channel", ["nowhere:a", "nothing", "board:", "board:ä", ":"])
def test_a_stream_that_there_is_not_is_unknown(channel: str, program: Program) -> None:
    assert program.error("publish", channel=channel, data=1) == 102


def test_a_repeated_key_publishes_nothing_and_returns_the_first_result(program: Program, told: Told) -> None:
    for channel in ("board:a", "passing:a"):
        first = program.result("publish", channel=channel, data=1, idempotency_key="k")
        program.result("publish", channel=channel, data=2)
        assert program.result("publish", channel=channel, data=3, idempotency_key="k") == first
    assert kept() == [1, 2]
    assert told == [("board:a", 1), ("board:a", 2), ("passing:a", 1), ("passing:a", 2)]


def test_a_key_is_remembered_when_the_history_is_removed(program: Program) -> None:
    first = program.result("publish", channel="board:a", data=1, idempotency_key="k")
    program.result("history_remove", channel="board:a")
    assert program.result("publish", channel="board:a", data=2, idempotency_key="k") == first
    assert kept() == []


def test_what_fails_leaves_its_key_free(program: Program, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hub.announce.joined", lambda announcements: pytest.fail("announced"))
        patch.setattr("hub.log.writing._insert", lambda *args: (_ for _ in ()).throw(OperationalError("lost")))
        assert program.error("publish", channel="board:a", data=1, idempotency_key="k") == 100
    assert told == []
    assert program.result("publish", channel="board:a", data=2, idempotency_key="k")["offset"] == 1


def test_of_many_that_come_at_once_with_one_key_one_is_published(key: str, told: Told, redis_url: str) -> None:
    ready, offsets = threading.Barrier(4), []

    def publish_at_once(number: int) -> None:
        program = Program(**{"X-API-Key": key})
        ready.wait()
        offsets.append(program.result("publish", channel="board:a", data=number, idempotency_key="k")["offset"])
        connections.close_all()

    threads = [threading.Thread(target=publish_at_once, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert offsets == [1, 1, 1, 1]
    assert len(kept()) == len(told) == 1


def test_only_newer_versions_are_published(program: Program, told: Told) -> None:
    offsets = [
        program.result("publish", channel="board:a", data=version, version=version)["offset"]
        for version in (1, 3, 2, 3, 4)
    ]
    assert offsets == [1, 2, 2, 2, 3]
    assert kept() == [1, 3, 4] == [data for _, data in told]
    assert program.result("publish", channel="board:a", data=1, version=1, version_epoch="e")["offset"] == 4
    assert program.result("publish", channel="board:a", data=1, version=1, version_epoch="e")["offset"] == 4
    assert program.result("publish", channel="board:a", data="plain")["offset"] == 5


def test_a_repeated_key_goes_before_the_version(program: Program) -> None:
    first = program.result("publish", channel="board:a", data=1, version=1, idempotency_key="k")
    program.result("publish", channel="board:a", data=2, version=2)
    assert program.result("publish", channel="board:a", data=1, version=1, idempotency_key="k") == first
    assert program.result("publish", channel="board:a", data=3, version=3, idempotency_key="k") == first
    assert kept() == [1, 2]
    assert program.result("publish", channel="board:a", data=3, version=3, idempotency_key="l")["offset"] == 3


def test_a_version_means_nothing_where_nothing_is_kept(program: Program, told: Told) -> None:
    for version in (2, 1):
        assert program.result("publish", channel="passing:a", data=version, version=version) == {}
    assert told == [("passing:a", 2), ("passing:a", 1)]


def test_a_broadcast_answers_for_each_channel(program: Program, told: Told) -> None:
    publish("board:b", "said", {})
    told.clear()
    answers = program.result("broadcast", channels=["board:a", "nowhere:a", "passing:a", "board:b"], data=1)
    places = [log.position(name) for name in ("board:a", "board:b")]
    assert [answer.get("result") for answer in answers["responses"]] == [
        {"offset": 1, "epoch": places[0].epoch},
        None,
        {},
        {"offset": 2, "epoch": places[1].epoch},
    ]
    assert answers["responses"][1]["error"]["code"] == 102
    assert sorted(told) == [("board:a", 1), ("board:b", 1), ("passing:a", 1)]


@pytest.mark.parametrize("skip_history", [False, True])
@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("idempotency_key", [None, "k"])
def test_a_broadcast_does_to_each_channel_what_publish_does(
    idempotency_key: str | None, version: int, skip_history: bool, program: Program, told: Told
) -> None:
    params = {"data": 1, "idempotency_key": idempotency_key, "version": version, "skip_history": skip_history}
    names = ["board:c", "passing:c", "board:a", "board:a", "passing:a", "passing:c"]
    singly, together = [], []
    for _ in range(2):
        singly += [program.result("publish", channel=f"{name}.1", **params) for name in names]
        answers = program.result("broadcast", channels=[f"{name}.2" for name in names], **params)
        together += [answer["result"] for answer in answers["responses"]]
    assert [place.get("offset") for place in together] == [place.get("offset") for place in singly]
    assert sorted(name[:-2] for name, _ in told if name.endswith("2")) == sorted(
        name[:-2] for name, _ in told if name.endswith("1")
    )


def test_a_broadcast_is_one_transaction(program: Program, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.log.writing._by_draft", lambda *args: (_ for _ in ()).throw(OperationalError("lost")))
    assert program.error("broadcast", channels=["board:a", "board:b", "passing:a"], data=1) == 100
    assert not Event.objects.exists() and told == []


@pytest.mark.parametrize("channels", [None, [], "board:a", [1], [""], ["board:a", None]])
def test_a_broadcast_needs_channels(channels: object, program: Program) -> None:
    assert program.error("broadcast", channels=channels, data=1) == 107
    assert not Stream.objects.exists()


def test_a_broadcast_without_data_is_refused(program: Program) -> None:
    assert program.error("broadcast", channels=["board:a"]) == 107


def test_a_program_may_publish_where_the_user_of_its_key_may_not(program: Program, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(username="mute")
    assert program.result("publish", channel="board:a", data=1)["offset"] == 1
