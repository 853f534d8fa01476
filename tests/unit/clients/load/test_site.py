"""Where the load goes: a room of the chat, a stream by its name, or a socket that tells all to everybody."""

import json

import pytest

from clients.load.__main__ import build_parser
from clients.load.link import Server
from clients.load.site import Site

SERVER = Server("http://127.0.0.1:8000", "a.b.c")


def test_a_room_of_the_chat_is_posted_to_by_its_command() -> None:
    site = Site(SERVER)
    assert site.address("lobby", {}) == "ws://127.0.0.1:8000/ws/chat/lobby/"
    assert json.loads(site.message())["command"] == "message.post"


async def test_a_stream_is_named_in_the_address_and_published_to() -> None:
    site = Site(SERVER, stream="live:hall/1")
    assert await site.make_rooms(1) == ["live:hall/1"]
    assert site.address("live:hall/1", {"since": "3"}) == "ws://127.0.0.1:8000/ws/stream/live%3Ahall%2F1/?since=3"
    message = json.loads(site.message())
    assert message["command"] == "publish"
    assert message["data"]["data"]["body"].startswith("@t=")


async def test_several_rooms_are_several_streams() -> None:
    assert await Site(SERVER, stream="live:hall").make_rooms(3) == ["live:hall.0", "live:hall.1", "live:hall.2"]


async def test_a_socket_that_tells_all_to_everybody_gets_the_message_alone() -> None:
    site = Site(SERVER, path="/ws/all/")
    assert await site.make_rooms(2) == ["", ""]
    assert site.address("", {}) == "ws://127.0.0.1:8000/ws/all/"
    assert list(json.loads(site.message())) == ["body"]


@pytest.mark.parametrize("name", ["", "x", "live:two words", "live:hällchen", "live:" + "x" * 240])
def test_what_is_no_name_of_a_stream_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser({}).parse_args(["fanout", "--stream", name])
    assert "expected the name of a stream" in capsys.readouterr().err


def test_a_stream_and_a_path_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser({}).parse_args(["fanout", "--stream", "live:hall", "--path", "/"])
    assert "not allowed with" in capsys.readouterr().err
