"""What other programs do to clients that are connected: told to every process, or refused."""

import base64
from typing import Any

import pytest

from hub.control import DisconnectSessions, Refresh, Subscribe, Unsubscribe
from hub.core.control import SessionAction
from hub.core.events import Position
from hub.server_api import connections
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SessionAction]:
    """What the processes are told."""
    found: list[SessionAction] = []

    def tell(action: SessionAction) -> bool:
        found.append(action)
        return True

    monkeypatch.setattr(connections, "tell_sessions", tell)
    return found


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ALL = {"presence": True, "join_leave": False, "force_positioning": True}

CASES: list[tuple[str, dict[str, Any], SessionAction]] = [
    ("subscribe", {"channel": "board:a", "user": "7"}, Subscribe(stream="board:a", user="7")),
    (
        "subscribe",
        {
            "channel": "board:a",
            "user": "7",
            "client": "c",
            "session": "s",
            "expire_at": 1_900_000_000,
            "info": {"n": 1},
            "data": [1],
            "recover_since": {"offset": 3, "epoch": "e"},
            "override": {name: {"value": value} for name, value in ALL.items()} | {"force_recovery": None},
        },
        Subscribe(
            stream="board:a",
            user="7",
            client="c",
            session="s",
            expire_at=1_900_000_000,
            info={"n": 1},
            data=[1],
            recover_since=Position("e", 3),
            override=ALL,
        ),
    ),
    (
        "subscribe",
        {"channel": "board:a", "client": "c", "b64info": encoded('"i"'), "b64data": encoded("{}"), "override": {}},
        Subscribe(stream="board:a", client="c", info="i", data={}),
    ),
    ("unsubscribe", {"channel": "board:a", "user": "7"}, Unsubscribe(stream="board:a", user="7")),
    ("unsubscribe", {"channel": "board:a", "session": "s"}, Unsubscribe(stream="board:a", session="s")),
    ("disconnect", {"user": "7"}, DisconnectSessions(user="7")),
    ("disconnect", {"user": "7", "disconnect": {"code": 0, "reason": ""}}, DisconnectSessions(user="7")),
    (
        "disconnect",
        {"user": "7", "whitelist": ["a", "b"], "disconnect": {"code": 4000, "reason": "bye"}},
        DisconnectSessions(user="7", whitelist=("a", "b"), code=4000, reason="bye"),
    ),
    ("disconnect", {"user": "7", "disconnect": {"code": 3000}}, DisconnectSessions(user="7", code=3000, reason="")),
    ("refresh", {"user": "7"}, Refresh(user="7")),
    (
        "refresh",
        {"user": "7", "client": "c", "expired": True, "expire_at": 5, "info": {"n": 1}},
        Refresh(user="7", client="c", expired=True, expire_at=5, info={"n": 1}),
    ),
]


@pytest.mark.parametrize(("method", "params", "action"), CASES)
def test_a_request_is_told_to_every_process(
    method: str, params: dict[str, Any], action: SessionAction, program: Program, asked: list[SessionAction]
) -> None:
    assert program.result(method, **params) == {}
    assert asked == [action]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("subscribe", {"channel": "board:a"}, 107),
        ("subscribe", {"channel": "board:a", "user": ""}, 107),
        ("subscribe", {"user": "7"}, 107),
        ("subscribe", {"channel": "nowhere:a", "user": "7"}, 102),
        ("subscribe", {"channel": "board:a", "user": 7}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "expire_at": "soon"}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "info": 1, "b64info": "MQ=="}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "b64data": "!"}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "recover_since": "x"}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "override": {"presence": True}}, 107),
        ("subscribe", {"channel": "board:a", "user": "7", "override": {"presence": {"value": 1}}}, 107),
        ("unsubscribe", {"channel": "board:a"}, 107),
        ("unsubscribe", {"user": "7"}, 107),
        ("unsubscribe", {"channel": "nowhere:a", "user": "7"}, 102),
        ("disconnect", {}, 107),
        ("disconnect", {"user": "", "client": "", "session": ""}, 107),
        ("disconnect", {"user": "7", "whitelist": "a"}, 107),
        ("disconnect", {"user": "7", "whitelist": [1]}, 107),
        ("disconnect", {"user": "7", "disconnect": {"code": 2999}}, 107),
        ("disconnect", {"user": "7", "disconnect": {"code": 5000}}, 107),
        ("disconnect", {"user": "7", "disconnect": {"code": 4000, "reason": "é" * 62}}, 107),
        ("refresh", {}, 107),
        ("refresh", {"user": "7", "expired": "yes"}, 107),
        ("refresh", {"user": "7", "expire_at": -1}, 107),
    ],
)
def test_what_cannot_be_understood_is_told_to_nobody(
    method: str, params: dict[str, Any], code: int, program: Program, asked: list[SessionAction]
) -> None:
    assert program.error(method, **params) == code
    assert asked == []


@pytest.mark.parametrize(("method", "params", "action"), [CASES[0], CASES[3], CASES[5], CASES[9]])
def test_where_nobody_can_be_told_the_caller_hears_of_it(
    method: str, params: dict[str, Any], action: SessionAction, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "tell_sessions", lambda action: False)
    assert program.error(method, **params) == 100
