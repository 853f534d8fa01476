"""Several methods in one request: as a batch, and line by line as `cent` did up to version 4."""

import json
from typing import Any

import pytest

from hub.models import Event
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)


def publish(number: int, channel: str = "board:a") -> dict[str, Any]:
    return {"publish": {"channel": channel, "data": number}}


@pytest.mark.parametrize("parallel", [None, False, True])
def test_a_batch_answers_each_command_in_its_place(parallel: bool | None, program: Program) -> None:
    commands = [publish(1), publish(2, "nowhere:a"), publish(3), {"history": {"channel": "board:a", "limit": -1}}]
    answer = program.call("batch", commands=commands, parallel=parallel)
    assert answer.keys() == {"replies"}
    replies = answer["replies"]
    assert [list(reply) for reply in replies] == [["publish"], ["error"], ["publish"], ["history"]]
    assert [replies[place]["publish"]["offset"] for place in (0, 2)] == [1, 2]
    assert replies[1]["error"].keys() == {"code", "message"} and replies[1]["error"]["code"] == 102
    assert [one["data"] for one in replies[3]["history"]["publications"]] == [1, 3]


def test_a_command_without_parameters_takes_none(program: Program) -> None:
    assert program.call("batch", commands=[{"publish": {}}])["replies"][0]["error"]["code"] == 107
    assert program.call("batch", commands=[{"publish": {"channel": "board:a", "data": 1}, "history": None}])["replies"]


def test_an_empty_batch_has_no_replies(program: Program) -> None:
    assert program.call("batch", commands=[]) == program.call("batch") == {"replies": []}


@pytest.mark.parametrize("method", ["nonsense", "batch", "map_stats", "connections"])
def test_a_method_that_there_is_not_is_an_error_in_its_place(method: str, program: Program) -> None:
    replies = program.call("batch", commands=[{method: {}}, publish(1)])["replies"]
    assert replies[0]["error"]["code"] in (104, 108)
    assert replies[1]["publish"]["offset"] == 1


@pytest.mark.parametrize("commands", [{}, "x", [1], [None], [{}], [[]], [{"publish": {}, "history": {}}]])
def test_what_is_no_batch_is_refused_before_anything_is_done(commands: Any, program: Program) -> None:
    if isinstance(commands, list):
        commands = [publish(1), *commands]
    assert program.error("batch", commands=commands) == 107
    assert program.error("batch", commands=[], parallel="yes") == 107
    assert not Event.objects.exists()


def test_a_command_whose_parameters_are_no_object_is_refused_in_its_place(program: Program) -> None:
    replies = program.call("batch", commands=[{"publish": [1]}, {"publish": "x"}])["replies"]
    assert [reply["error"]["code"] for reply in replies] == [107, 107]


def lines(*commands: Any) -> str:
    return "\n".join(map(json.dumps, commands))


def test_lines_are_answered_by_as_many_lines(program: Program) -> None:
    body = lines(
        {"method": "publish", "params": {"channel": "board:a", "data": 1}},
        {"method": "publish", "params": {"channel": "nowhere:a", "data": 1}},
        {"method": "history", "params": {"channel": "board:a", "limit": 1}},
        {"method": "nonsense"},
        {},
    )
    response = program.post("/api", body + "\n")
    assert response.status_code == 200
    answers = [json.loads(line) for line in response.content.decode().split("\n")]
    assert [answer["result"]["offset"] for answer in answers if "result" in answer] == [1, 1]
    assert [answer["error"]["code"] for answer in answers if "error" in answer] == [102, 104, 104]


@pytest.mark.parametrize("body", ["", "\n", "{", lines({"method": "publish"}) + "\n[1]"])
def test_lines_that_are_no_commands_are_answered_400_and_none_is_carried_out(body: str, program: Program) -> None:
    assert program.post("/api", body).status_code == 400
    assert not Event.objects.exists()
