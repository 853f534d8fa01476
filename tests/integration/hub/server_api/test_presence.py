"""Which clients read a stream, for other programs."""

import pytest

from chat.models import Room
from hub.core.types import JSONObject
from hub.presence import PresenceUnknown
from hub.server_api import presence
from tests.integration.hub.server_api.conftest import Program

pytestmark = pytest.mark.django_db

HERE: JSONObject = {
    "c1": {"user": "7", "client": "c1", "conn_info": {"name": "Ann"}},
    "c2": {"user": "", "client": "c2"},
}


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> dict[str, JSONObject]:
    """Who reads which stream."""
    here: dict[str, JSONObject] = {}
    monkeypatch.setattr(presence, "clients", lambda stream: here.get(stream, {}))
    monkeypatch.setattr(presence, "clients_count", lambda stream: (len(here.get(stream, {})), 1))
    return here


def test_who_reads_a_stream_is_told_by_client(program: Program, lobby: Room, present: dict[str, JSONObject]) -> None:
    assert program.call("presence", channel="chat:lobby") == {"result": {"presence": {}}}
    present["chat:lobby"] = HERE
    shown = program.result("presence", channel="chat:lobby")["presence"]
    assert shown == {"c1": HERE["c1"], "c2": {"client": "c2"}}


def test_how_many_read_a_stream_is_told(program: Program, lobby: Room, present: dict[str, JSONObject]) -> None:
    present["chat:lobby"] = HERE
    assert program.result("presence_stats", channel="chat:lobby") == {"num_clients": 2, "num_users": 1}


@pytest.mark.parametrize("method", ["presence", "presence_stats"])
@pytest.mark.parametrize(("channel", "code"), [("", 107), ("nowhere:a", 102), ("board:a", 108)])
def test_only_a_stream_with_presence_can_be_asked_about(
    method: str, channel: str, code: int, program: Program, present: dict[str, JSONObject]
) -> None:
    assert program.error(method, channel=channel) == code


@pytest.mark.parametrize("method", ["presence", "presence_stats"])
def test_what_is_not_known_just_now_may_be_asked_again(
    method: str, program: Program, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(stream: str) -> None:
        raise PresenceUnknown

    monkeypatch.setattr(presence, "clients", fail)
    monkeypatch.setattr(presence, "clients_count", fail)
    assert program.error(method, channel="chat:lobby") == 100
