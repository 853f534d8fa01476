"""What a stream keeps, for other programs."""

from typing import Any

import pytest

from hub import log
from hub.publish import Draft, publish, publish_many
from hub.server_api import history
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def epoch(program: Program) -> str:
    """The epoch of a stream of five events."""
    return publish_many("board:a", [Draft("message", {"n": number}) for number in range(1, 6)])[0].epoch


def numbers(result: dict[str, Any]) -> list[int]:
    return [publication["data"]["n"] for publication in result.get("publications", [])]


def test_without_a_limit_the_position_alone_is_returned(program: Program, epoch: str) -> None:
    assert program.result("history", channel="board:a") == {"offset": 5, "epoch": epoch}
    assert program.result("history", channel="board:a", limit=0) == {"offset": 5, "epoch": epoch}


def test_a_history_is_read_in_pages_both_ways(program: Program, epoch: str) -> None:
    for since, limit, reverse, expected in (
        (None, -1, False, [1, 2, 3, 4, 5]),
        (None, 2, False, [1, 2]),
        ({"offset": 2, "epoch": epoch}, 2, False, [3, 4]),
        ({"offset": 2}, 2, False, [3, 4]),
        (None, 2, True, [5, 4]),
        ({"offset": 4, "epoch": epoch}, -1, True, [3, 2, 1]),
    ):
        result = program.result("history", channel="board:a", since=since, limit=limit, reverse=reverse)
        assert numbers(result) == expected
        assert (result["offset"], result["epoch"]) == (5, epoch)


def test_a_publication_is_shown_as_it_was_published(program: Program) -> None:
    info = {"user": "7", "client": "c", "conn_info": {"name": "Ann"}}
    publish("board:a", "message", "text", meta={"tags": {"lang": "de"}, "info": info})
    publish("board:a", "pinned", {"n": 1})
    shown = program.result("history", channel="board:a", limit=-1)["publications"]
    for publication in shown:
        assert isinstance(publication.pop("time", 0), int)
    assert shown == [
        {"data": "text", "offset": 1, "tags": {"lang": "de"}, "info": info},
        {"data": {"n": 1}, "offset": 2, "tags": {"type": "pinned"}},
    ]


def test_a_page_is_bounded(program: Program, epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(history, "MAX_EVENTS", 2)
        assert numbers(program.result("history", channel="board:a", limit=-1)) == [1, 2]
    monkeypatch.setattr(history, "MAX_BYTES", 3 * len('{"n":1}'))
    assert numbers(program.result("history", channel="board:a", limit=100)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"channel": "nowhere:a"}, 102),
        ({"channel": "passing:a"}, 108),
        ({}, 107),
        ({"channel": "board:a", "limit": "x"}, 107),
        ({"channel": "board:a", "limit": -2}, 107),
        ({"channel": "board:a", "since": 5}, 107),
        ({"channel": "board:a", "since": {"offset": -1}}, 107),
        ({"channel": "board:a", "since": {"epoch": 5}}, 107),
        ({"channel": "board:a", "reverse": 1}, 107),
        ({"channel": "board:a", "since": {"offset": 0}, "reverse": True}, 107),
        ({"channel": "board:a", "since": {"offset": 1, "epoch": "other"}}, 112),
        ({"channel": "board:a", "since": {"offset": 99}}, 112),
    ],
)
def test_what_cannot_be_read_is_refused(params: dict[str, object], code: int, program: Program, epoch: str) -> None:
    assert program.error("history", **params) == code


def test_a_history_that_is_removed_is_gone_and_the_stream_goes_on(program: Program, epoch: str) -> None:
    assert program.result("history_remove", channel="board:a") == {}
    assert program.result("history", channel="board:a", limit=-1) == {"offset": 5, "epoch": epoch}
    assert program.error("history", channel="board:a", limit=-1, since={"offset": 3}) == 112
    assert program.result("publish", channel="board:a", data={"n": 6}) == {"offset": 6, "epoch": epoch}
    after = program.result("history", channel="board:a", limit=-1, since={"offset": 5, "epoch": epoch})
    assert numbers(after) == [6]


@pytest.mark.parametrize(("channel", "code"), [("nowhere:a", 102), ("passing:a", 108), ("", 107)])
def test_only_what_is_kept_can_be_removed(channel: str, code: int, program: Program) -> None:
    assert program.error("history_remove", channel=channel) == code


def test_removing_what_was_never_published_changes_nothing(program: Program) -> None:
    assert program.result("history_remove", channel="board:new") == {}
    assert log.bounds(["board:new"]) == {}
