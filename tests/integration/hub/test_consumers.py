"""A socket's whole life, in one process with a real database and a real Redis: hello, events, commands, endings."""

import json
import logging
from collections.abc import Sequence

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Membership, Message, Room
from chat.namespaces import ChatNamespace
from chat.services import message_post
from hub.core.errors import PermissionDenied
from hub.core.types import JSONObject
from hub.database import in_database
from hub.models import Event, Stream
from hub.namespaces import Asked, Caller
from hub.runtime import get_dispatcher
from tests.integration.conftest import MakeUser
from tests.integration.sockets import Socket, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

LOBBY = "/ws/chat/lobby/"


async def post(user: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await in_database(message_post, user, room, body)


async def offsets_and_bodies(socket: Socket, count: int) -> list[tuple[int, str]]:
    """Return offset and body of the next messages."""
    events = [await socket.receive() for _ in range(count)]
    assert {event["type"] for event in events} <= {"message.created"}
    return [(event["offset"], event["data"]["body"]) for event in events]


async def hello_of(user: User, path: str = LOBBY) -> JSONObject:
    """Connect, and return what the hello holds."""
    async with connected(path, user) as socket:
        hello: JSONObject = (await socket.receive())["hello"]
        return hello


async def readers_of(stream: str) -> int:
    """Return how many readers this process has of a stream."""
    local = (await get_dispatcher())._streams.get(stream)
    return len(local.readers) if local else 0


async def test_the_hello_says_what_is_read_from_where_and_as_whom(ann: User, lobby: Room) -> None:
    epoch = await in_database(lambda: Stream.objects.get(name="chat:lobby").epoch)
    expected = {"stream": "chat:lobby", "epoch": epoch, "offset": 1, "recovered": True, "user": "ann"}
    assert await hello_of(ann) == expected


async def test_a_stream_that_never_had_an_event_begins_at_zero(ann: User) -> None:
    hello = await hello_of(ann, "/ws/notifications/")
    assert (hello["stream"], hello["offset"], hello["recovered"]) == (f"inbox#{ann.pk}", 0, True)
    assert hello["epoch"]


async def test_without_a_position_events_come_from_now_on(ann: User, lobby: Room) -> None:
    await post(ann, lobby, "before")
    async with connected(LOBBY, ann) as socket:
        assert (await socket.receive())["hello"]["offset"] == 2
        await post(ann, lobby, "one", "two")
        assert await offsets_and_bodies(socket, 2) == [(3, "one"), (4, "two")]


async def test_an_event_has_the_form_of_the_wire_format(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        message, _ = await in_database(message_post, ann, lobby, "hé")
        event = await socket.receive()
    at = (await in_database(Event.objects.latest, "id")).at
    assert list(event) == ["offset", "type", "at", "data"]
    assert event["at"] == at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    assert (event["data"]["id"], event["data"]["body"]) == (message.pk, "hé")


async def test_a_client_goes_on_from_its_position(ann: User, lobby: Room) -> None:
    await post(ann, lobby, "one", "two")
    epoch = (await hello_of(ann))["epoch"]
    async with connected(f"{LOBBY}?since=2&epoch={epoch}", ann) as socket:
        hello = (await socket.receive())["hello"]
        assert (hello["offset"], hello["recovered"]) == (2, True)
        assert await offsets_and_bodies(socket, 1) == [(3, "two")]


async def test_since_zero_means_all_that_is_kept(ann: User, lobby: Room) -> None:
    await post(ann, lobby, "one")
    async with connected(f"{LOBBY}?since=0", ann) as socket:
        assert (await socket.receive())["hello"]["recovered"] is True
        assert [(await socket.receive())["type"] for _ in range(2)] == ["member.joined", "message.created"]


@pytest.mark.parametrize("query", ["since=1&epoch=another", "since=99", "since=0&epoch=another"])
async def test_a_position_that_is_not_the_streams_is_not_recovered(ann: User, lobby: Room, query: str) -> None:
    hello = await hello_of(ann, f"{LOBBY}?{query}")
    assert (hello["offset"], hello["recovered"]) == (1, False)


async def test_a_position_that_is_no_offset_is_refused(ann: User, lobby: Room) -> None:
    for since in ("-1", "one", "1.0", "1e3", "%D9%A1", "9" * 19, "1 ", "0x1", ""):
        async with connected(f"{LOBBY}?since={since}", ann) as socket:
            error = (await socket.receive())["error"]
            assert error["code"] == 107, since
            assert 'expected "since" to be an offset' in error["message"]
            assert await socket.close_code() == 3501


async def test_an_unknown_and_a_hidden_room_are_told_apart_by_nothing(ann: User, make_user: MakeUser) -> None:
    owner = await in_database(make_user, "owner")
    room = await in_database(Room.objects.create, slug="hidden", title="Hidden", is_private=True)
    await in_database(Membership.objects.create, room=room, user=owner, role="owner")
    answers = []
    for slug in ("hidden", "absent"):
        async with connected(f"/ws/chat/{slug}/?since=0", ann) as socket:
            answers.append((json.dumps(await socket.receive()).replace(slug, "…"), await socket.close_code()))
    assert answers[0] == answers[1]
    assert json.loads(answers[0][0])["error"]["code"] == 102
    assert answers[0][1] == 3501
    assert await readers_of("chat:hidden") == await readers_of("chat:absent") == 0


async def test_a_name_that_no_room_can_have_is_an_unknown_room(ann: User) -> None:
    for slug in ("a b", "LOBBY", "%00", "%ff", "..", "x" * 300, "%F0%9F%8E%89", "a%0Ab"):
        async with connected(f"/ws/chat/{slug}/", ann) as socket:
            assert (await socket.receive())["error"]["code"] == 102, slug
            assert await socket.close_code() == 3501


async def test_who_may_not_read_a_known_stream_is_told_so(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(self: ChatNamespace, asked: Sequence[Asked]) -> list[Exception | None]:
        return [PermissionDenied() for _ in asked]

    monkeypatch.setattr(ChatNamespace, "may_subscribe", nobody)
    async with connected(LOBBY, ann) as socket:
        assert (await socket.receive())["error"]["code"] == 103
        assert await socket.close_code() == 3507


async def test_a_stream_that_begins_anew_sends_its_readers_for_a_snapshot(ann: User, lobby: Room) -> None:
    def begin_anew() -> None:
        Stream.objects.filter(name="chat:lobby").delete()
        message_post(ann, lobby, "first of a new life")

    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        await in_database(begin_anew)
        assert await socket.close_code() == 3010


async def test_a_command_is_answered_with_its_id(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for command_id in ("c1", 7, -1, "x" * 64, "ü"):
            await socket.send(json.dumps({"id": command_id, "command": "typing", "data": {}}))
            while "id" not in (answer := await socket.receive()):
                pass
            assert answer == {"id": command_id, "result": {}}


async def test_what_a_command_does_reaches_its_sender_as_an_event_too(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        await socket.send(json.dumps({"id": 1, "command": "message.post", "data": {"body": "hi", "key": "k"}}))
        answers = sorted([await socket.receive(), await socket.receive()], key=lambda answer: "id" in answer)
        assert answers[0]["data"] == answers[1]["result"]
        again = await socket.command("message.post", body="hi", key="k")
        assert again["result"] == answers[1]["result"]
    assert await in_database(Message.objects.count) == 1


BAD_MESSAGES: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "hello",
    "no object": "[1]",
    "no id": '{"command":"typing"}',
    "a wrong id": '{"id":true,"command":"typing"}',
    "an empty id": '{"id":"","command":"typing"}',
    "too long an id": json.dumps({"id": "x" * 65, "command": "typing"}),
    "no number": '{"id":NaN,"command":"typing"}',
    "infinity": '{"id":1e999,"command":"typing"}',
    "a key twice": '{"id":1,"id":2,"command":"typing"}',
    "a lone surrogate": '{"id":"\\ud800","command":"typing"}',
    "a NUL": '{"id":"\\u0000","command":"typing"}',
    "33 levels": '{"id":1,"command":"typing","data":{"a":' + "[" * 31 + "]" * 31 + "}}",
    "bytes": b'{"id":1,"command":"typing"}',
    "no bytes": b"",
}


async def test_what_is_no_command_is_answered_with_an_error_that_says_what_was_expected(
    ann: User, lobby: Room, settings: Settings
) -> None:
    settings.HUBBUB_MAX_ERRORS = 100
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for what, message in BAD_MESSAGES.items():
            await socket.send(message)
            answer = await socket.receive()
            assert answer["error"]["code"] == 107, what
            assert answer["error"]["message"].startswith("expected "), what
            assert "id" not in answer or what == "33 levels", what


async def test_each_wrong_command_gets_the_code_for_what_is_wrong(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for command, data, code in (
            ("message.delete", {}, 104),
            ("post", {}, 104),
            ("__init__", {}, 104),
            ("message.post", {}, 107),
            ("message.post", {"body": 7}, 107),
            ("message.post", {"body": " \n "}, 107),
            ("message.post", {"body": "x" * 4_001}, 107),
            ("message.post", {"body": "hi", "kye": "k"}, 107),
            ("typing", {"on": True}, 107),
        ):
            assert (await socket.command(command, **data))["error"]["code"] == code, (command, data)
        await in_database(Room.objects.filter(pk=lobby.pk).update, is_closed=True)
        assert (await socket.command("message.post", body="hi"))["error"] == {
            "code": 400,
            "message": "room is closed",
        }
    assert not await in_database(Message.objects.exists)


async def test_data_that_is_no_object_is_answered_with_the_commands_id(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for message in (
            {"id": "c1", "command": "typing", "data": []},
            {"id": "c1", "command": 7},
            {"id": "c1", "command": "typing", "more": 1},
        ):
            await socket.send(json.dumps(message))
            answer = await socket.receive()
            assert (answer["id"], answer["error"]["code"]) == ("c1", 107)


async def test_a_user_who_was_disabled_after_connecting_commands_nothing(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        # update() sends no signal: the command itself has to find out.
        await in_database(User.objects.filter(pk=ann.pk).update, is_active=False)
        assert (await socket.command("message.post", body="hi"))["error"]["code"] == 101
    assert not await in_database(Message.objects.exists)


async def test_who_was_removed_from_a_private_room_posts_no_more(ann: User, lobby: Room) -> None:
    await in_database(Room.objects.filter(pk=lobby.pk).update, is_private=True)
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        # Neither does this send a signal.
        await in_database(Membership.objects.update, user=await in_database(User.objects.create_user, "other"))
        assert (await socket.command("message.post", body="hi"))["error"]["code"] == 102
    assert not await in_database(Message.objects.exists)


async def test_commands_that_come_too_fast_are_told_to_try_again(ann: User, lobby: Room, settings: Settings) -> None:
    settings.HUBBUB_COMMAND_BURST, settings.HUBBUB_COMMAND_RATE = 3, 0.001
    async with connected(LOBBY, ann) as socket, connected(LOBBY, ann) as another:
        await socket.receive()
        answers = [await socket.command("message.post", body=str(number)) for number in range(15)]
        assert ["result" in answer for answer in answers] == [True] * 3 + [False] * 12
        assert {(answer["error"]["code"], answer["error"]["temporary"]) for answer in answers[3:]} == {(111, True)}
        await another.receive()
        assert "result" in await another.command("message.post", body="of another connection")
    assert await in_database(Message.objects.count) == 4


async def test_without_limits_nobody_is_held_back(ann: User, lobby: Room, settings: Settings) -> None:
    settings.HUBBUB_LIMITS, settings.HUBBUB_COMMAND_BURST = False, 1
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        assert all(["result" in await socket.command("typing") for _ in range(5)])


async def test_ten_wrong_messages_in_a_row_end_the_connection(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for _ in range(9):
            await socket.send("?")
            assert (await socket.receive())["error"]["code"] == 107
        # One that is right starts the count anew.
        assert "result" in await socket.command("typing")
        for _ in range(9):
            assert (await socket.command("nonsense"))["error"]["code"] == 104
        await socket.send(b"?")
        assert await socket.ending() == 3509
        await socket.send("still here?")
    assert await readers_of("chat:lobby") == 0


async def test_refusals_do_not_count_as_wrong_messages(ann: User, lobby: Room) -> None:
    await in_database(Room.objects.filter(pk=lobby.pk).update, is_closed=True)
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for _ in range(12):
            assert (await socket.command("message.post", body="hi"))["error"]["code"] == 400


@pytest.mark.parametrize("message", ["x" * 65_537, b"x" * 65_537, "é" * 32_769], ids=["text", "bytes", "characters"])
async def test_a_message_over_64_kib_ends_the_connection(ann: User, lobby: Room, message: str | bytes) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        await socket.send(message)
        assert await socket.ending() == 1009


async def test_a_message_of_64_kib_is_read(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        await socket.send('{"id":1,"command":"nonsense"}'.ljust(65_536))
        assert (await socket.receive())["error"]["code"] == 104


async def test_a_command_that_crashes_tells_nothing_and_ends_nothing(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(self: ChatNamespace, caller: Caller, data: JSONObject) -> JSONObject:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(ChatNamespace, "crash", crash, raising=False)
    monkeypatch.setitem(ChatNamespace.commands, "crash", "crash")
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        with caplog.at_level(logging.ERROR):
            answer = await socket.command("crash")
        assert answer["error"] == {"code": 100, "message": "internal server error", "temporary": True}
        await post(ann, lobby, "still here")
        assert await offsets_and_bodies(socket, 1) == [(2, "still here")]
    assert "a secret of the server" in caplog.text


async def test_a_subscription_that_crashes_is_told_to_come_back(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(self: ChatNamespace, asked: Sequence[Asked]) -> list[Exception | None]:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(ChatNamespace, "may_subscribe", crash)
    async with connected(LOBBY, ann) as socket:
        with caplog.at_level(logging.ERROR):
            error = (await socket.receive())["error"]
        assert error == {"code": 100, "message": "internal server error", "temporary": True}
        assert await socket.close_code() == 3004
    assert "a secret of the server" in caplog.text


async def test_a_command_may_refuse_with_any_error_of_the_tree(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ChatNamespace, caller: Caller, data: JSONObject) -> JSONObject:
        raise PermissionDenied("not on Sundays")

    monkeypatch.setattr(ChatNamespace, "post", refuse)
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        assert (await socket.command("message.post"))["error"] == {"code": 103, "message": "not on Sundays"}
