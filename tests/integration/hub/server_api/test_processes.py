"""What only the server processes know, for other programs."""

from typing import Any

import pytest

from hub.core.types import JSONObject
from hub.server_api import processes
from hub.survey import Answers, CannotAsk
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db


def answered(monkeypatch: pytest.MonkeyPatch, *answers: JSONObject, expected: int | None = None) -> list[Any]:
    """Have processes answer so. Returns what they are asked."""
    asked: list[Any] = []

    def ask_all(question: str, data: Any = None) -> Answers:
        asked.append((question, data))
        return Answers(list(answers), len(answers) if expected is None else expected)

    monkeypatch.setattr(processes, "ask_all", ask_all)
    return asked


def test_readers_are_counted_over_all_processes(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answered(monkeypatch, {"board:a": 1, "board:b": 2}, {"board:a": 3}, {})
    assert program.result("channels", pattern="board:*") == {
        "channels": {"board:a": {"num_clients": 4}, "board:b": {"num_clients": 2}}
    }
    assert asked == [("channels", {"pattern": "board:*"})]


def test_without_readers_there_are_no_channels(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, {})
    assert program.result("channels") == {"channels": {}}
    assert program.error("channels", pattern=5) == 107


def test_channels_are_not_told_where_a_process_is_missing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, {"board:a": 1}, expected=2)
    assert program.error("channels") == 100


def test_the_processes_that_answer_are_told_of(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"uid": "2", "name": "b"}, {"uid": "1", "name": "a"}]
    answered(monkeypatch, *nodes, expected=3)
    assert program.result("info") == {"nodes": nodes[::-1]}


@pytest.mark.parametrize("method", ["channels", "info"])
def test_where_nobody_can_be_asked_the_caller_hears_of_it(
    method: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise CannotAsk

    monkeypatch.setattr(processes, "ask_all", fail)
    assert program.error(method) == 100
