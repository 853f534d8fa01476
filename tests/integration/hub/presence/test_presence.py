"""Presence over whole connections: commands, events, signals and REST, as clients and host applications see it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.dispatch import Signal
from pytest_django import Settings
from rest_framework.test import APIClient

from chat.models import Membership, Room
from chat.namespaces import ChatNamespace
from hub import presence
from hub.core.errors import PermissionDenied
from hub.core.presence import Present
from hub.core.streams import StreamName
from hub.core.types import JSONObject
from hub.database import in_database
from hub.namespaces import namespaces
from hub.presence import PresenceUnknown, people
from tests.integration.conftest import MakeUser
from tests.integration.sockets import TIMEOUT, Socket, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick", "new_deployment", "process")]

LOBBY = "/ws/chat/lobby/"


@pytest.fixture
def bob(make_user: MakeUser) -> User:
    """Somebody else."""
    return make_user("bob")


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not condition():
            await asyncio.sleep(0.01)


async def known(socket: Socket, command: str = "presence") -> JSONObject:
    """Return the answer to a command of presence, once there is one."""
    while "error" in (answer := await socket.command(command)):
        assert answer["error"]["code"] == 108
        assert answer["error"]["temporary"]
        await asyncio.sleep(0.02)
    result: JSONObject = answer["result"]
    return result


async def shows(socket: Socket, **expected: int) -> None:
    """Wait until the command `presence` lists these users with these numbers of connections, and no others but away."""
    found: JSONObject = {}
    async with asyncio.timeout(TIMEOUT):
        while found != expected:
            answer = await known(socket)
            found = {one["user"]["username"]: one["connections"] for one in answer["users"] if one["connections"]}
            await asyncio.sleep(0.05)


def without_moment(data: JSONObject) -> JSONObject:
    """Return what an event or an answer says, without the mark and the number by which it is put in order."""
    assert data["epoch"] and data["number"] > 0
    return {name: value for name, value in data.items() if name not in ("epoch", "number")}


async def next_told(socket: Socket) -> tuple[str, str]:
    event = await socket.receive_presence()
    return event["type"], event["data"]["user"]["username"]


async def test_who_is_in_a_room_is_told_to_whoever_asks(ann: User, bob: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as one, connected(LOBBY, ann), connected(LOBBY, bob):
        await shows(one, ann=2, bob=1)
        assert without_moment(await known(one)) == {
            "users": [
                {"user": {"id": ann.pk, "username": "ann", "display_name": "ann"}, "connections": 2},
                {"user": {"id": bob.pk, "username": "bob", "display_name": "bob"}, "connections": 1},
            ],
            "total": 2,
            "connections": 3,
            "complete": True,
        }
        assert await known(one, "presence.stats") == {"users": 2, "connections": 3}


async def test_readers_are_told_who_comes_and_goes(ann: User, bob: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as reader:
        assert await next_told(reader) == ("presence.joined", "ann")
        async with connected(LOBBY, bob), connected(LOBBY, bob):
            event = await reader.receive_presence()
            assert "offset" not in event
            assert event["type"] == "presence.joined"
            expected = {"user": {"id": bob.pk, "username": "bob", "display_name": "bob"}}
            assert without_moment(event["data"]) == expected
        assert await next_told(reader) == ("presence.left", "bob")


async def test_events_and_answers_are_numbered_in_the_order_in_which_they_were_decided(
    ann: User, bob: User, lobby: Room
) -> None:
    async with connected(LOBBY, ann) as reader:
        told = [(await reader.receive_presence())["data"]]
        async with connected(LOBBY, bob):
            told.append((await reader.receive_presence())["data"])
            answer = await known(reader)
            while len(answer["users"]) < 2:
                answer = await known(reader)
        told.append((await reader.receive_presence())["data"])
    assert len({data["epoch"] for data in (*told, answer)}) == 1
    joined, joined_too, left = (data["number"] for data in told)
    assert joined < joined_too == answer["number"] < left


async def test_a_page_that_is_loaded_anew_is_told_to_nobody(
    ann: User, bob: User, lobby: Room, settings: Settings
) -> None:
    settings.HUBBUB_PRESENCE_GRACE = 30.0
    async with connected(LOBBY, ann) as reader:
        assert await next_told(reader) == ("presence.joined", "ann")
        async with connected(LOBBY, bob):
            assert await next_told(reader) == ("presence.joined", "bob")
        await shows(reader, ann=1)
        # Those who ask just now must not miss him: that he is back is told to nobody.
        away = await known(reader)
        assert [(one["user"]["username"], one["connections"]) for one in away["users"]] == [("ann", 1), ("bob", 0)]
        assert (away["total"], away["connections"]) == (2, 1)
        assert await known(reader, "presence.stats") == {"users": 1, "connections": 1}
        async with connected(LOBBY, bob):
            await shows(reader, ann=1, bob=1)
            # Had anything been told, it would have come before what is told now.
            await in_database(presence_of_somebody_new, "carl")
            async with connected(LOBBY, await in_database(User.objects.get, username="carl")):
                assert await next_told(reader) == ("presence.joined", "carl")


def presence_of_somebody_new(username: str) -> None:
    User.objects.create_user(username)


async def test_who_is_cut_off_is_there_no_longer(ann: User, bob: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as reader, connected(LOBBY, bob) as cut:
        await shows(reader, ann=1, bob=1)
        await cut.cut()
        await shows(reader, ann=1)


async def test_of_a_user_who_is_deleted_the_id_is_told(ann: User, bob: User, lobby: Room) -> None:
    gone = bob.pk
    async with connected(LOBBY, ann) as reader, connected(LOBBY, bob):
        # Which of them comes first is not settled.
        joined = {await next_told(reader), await next_told(reader)}
        assert joined == {("presence.joined", "ann"), ("presence.joined", "bob")}
        await in_database(bob.delete)
        event = await reader.receive_presence()
        assert (event["type"], without_moment(event["data"])) == ("presence.left", {"user": {"id": gone}})


async def test_a_large_room_is_told_as_a_whole(ann: User, make_user: MakeUser, lobby: Room, settings: Settings) -> None:
    settings.HUBBUB_PRESENCE_LARGE = 5
    crowd = [await in_database(make_user, f"user{number}") for number in range(30)]
    async with connected(LOBBY, ann) as reader, AsyncExitStack() as stack:
        assert await next_told(reader) == ("presence.joined", "ann")
        for user in crowd:
            await stack.enter_async_context(connected(LOBBY, user))
        singles, wholes = 0, 0
        while True:
            event = await reader.receive_presence()
            if event["type"] == "presence.joined":
                singles += 1
                continue
            assert event["type"] == "presence.changed"
            wholes += 1
            data = event["data"]
            if data["total"] == 31:
                break
        assert (data["connections"], data["complete"]) == (31, False)
        assert 0 < len(data["users"]) <= 20
        assert singles <= 5
        # Connecting 30 clients takes some seconds on a slow machine, and each second costs one message at most.
        assert wholes < 15
        answer = await known(reader)
        while answer["total"] != 31:
            answer = await known(reader)
        assert (len(answer["users"]), answer["complete"]) == (31, True)


async def test_a_stream_without_presence_has_no_such_commands(ann: User) -> None:
    async with connected("/ws/notifications/", ann) as socket:
        await socket.receive()
        for command in ("presence", "presence.stats"):
            assert (await socket.command(command))["error"]["code"] == 104


async def test_a_command_of_presence_takes_nothing(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for command in ("presence", "presence.stats"):
            error = (await socket.command(command, limit=5))["error"]
            assert error == {"code": 107, "message": "expected data with nothing in it, got 'limit'"}


async def test_a_namespace_may_keep_presence_to_some(ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(self: ChatNamespace, user: User, stream: StreamName) -> bool:
        return False

    monkeypatch.setattr(ChatNamespace, "can_see_presence", nobody)
    async with connected(LOBBY, ann) as socket:
        await socket.receive()
        for command in ("presence", "presence.stats"):
            assert (await socket.command(command))["error"]["code"] == PermissionDenied.code


async def test_rest_tells_who_is_in_a_room(
    ann: User, bob: User, lobby: Room, client_of: Callable[[User], APIClient]
) -> None:
    client = await sync_to_async(client_of)(bob)
    async with connected(LOBBY, ann) as socket:
        await shows(socket, ann=1)
        response = await sync_to_async(client.get)("/api/v1/rooms/lobby/presence/")
    assert response.status_code == 200
    assert without_moment(response.json()) == {
        "users": [{"user": {"id": ann.pk, "username": "ann", "display_name": "ann"}, "connections": 1}],
        "total": 1,
        "connections": 1,
        "complete": True,
    }


def test_rest_hides_who_is_in_a_room_that_one_may_not_know_of(
    ann: User, bob: User, client_of: Callable[[User], APIClient]
) -> None:
    room = Room.objects.create(slug="den", title="Den", is_private=True)
    Membership.objects.create(room=room, user=ann)
    for slug in ("den", "absent"):
        response = client_of(bob).get(f"/api/v1/rooms/{slug}/presence/")
        assert (response.status_code, response.json()["error"]["code"]) == (404, 102)


def test_rest_says_so_when_it_is_not_known(ann: User, lobby: Room, client_of: Callable[[User], APIClient]) -> None:
    # No server process has registered since Redis was emptied.
    response = client_of(ann).get("/api/v1/rooms/lobby/presence/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.json() == {
        "error": {"code": 108, "message": "who is here is not known just now; try again"},
    }


def test_rest_asks_the_database_equally_often_however_many_are_there(
    ann: User, lobby: Room, make_user: MakeUser, django_assert_num_queries: Any
) -> None:
    users = [make_user(f"user{number}").pk for number in range(20)]
    with django_assert_num_queries(1):
        assert len(namespaces.describe("chat:lobby", users)) == 20


class Heard:
    """What receivers of the signals have heard, each from the database."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []

    def connected(self, sender: object, user_id: int, **kwargs: Any) -> None:
        self.all.append(("connected", User.objects.get(pk=user_id).username))

    def disconnected(self, sender: object, user_id: int, **kwargs: Any) -> None:
        self.all.append(("disconnected", User.objects.get(pk=user_id).username))

    def occupied(self, sender: object, stream: str, **kwargs: Any) -> None:
        self.all.append(("occupied", stream))

    def vacated(self, sender: object, stream: str, **kwargs: Any) -> None:
        self.all.append(("vacated", stream))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Receivers of all signals, after one that fails."""
    heard = Heard()

    def fail(sender: object, **kwargs: Any) -> None:
        raise ZeroDivisionError("a receiver's own trouble")

    pairs: list[tuple[Signal, Callable[..., None]]] = [
        (presence.connected, heard.connected),
        (presence.disconnected, heard.disconnected),
        (presence.stream_occupied, heard.occupied),
        (presence.stream_vacated, heard.vacated),
    ]
    for signal, receiver in pairs:
        signal.connect(fail)
        signal.connect(receiver)
    yield heard
    for signal, receiver in pairs:
        signal.disconnect(fail)
        signal.disconnect(receiver)


async def test_the_host_application_hears_of_each_transition_once(
    ann: User, bob: User, lobby: Room, heard: Heard
) -> None:
    async with connected("/ws/notifications/", ann), connected(LOBBY, ann):
        async with connected(LOBBY, ann), connected(LOBBY, bob):
            await eventually(lambda: len(heard.all) >= 3)
        await eventually(lambda: ("disconnected", "bob") in heard.all)
        assert sorted(heard.all) == [
            ("connected", "ann"),
            ("connected", "bob"),
            ("disconnected", "bob"),
            ("occupied", "chat:lobby"),
        ]
    await eventually(lambda: len(heard.all) >= 6)
    assert sorted(heard.all[4:]) == [("disconnected", "ann"), ("vacated", "chat:lobby")]


@pytest.fixture
async def two_rooms(ann: User) -> list[str]:
    """The paths of two more rooms."""
    for slug in ("north", "south"):
        await in_database(Room.objects.create, slug=slug, title=slug)
    return ["/ws/chat/north/", "/ws/chat/south/"]


async def test_each_stream_is_occupied_and_vacated_by_itself(ann: User, two_rooms: list[str], heard: Heard) -> None:
    async with connected(two_rooms[0], ann):
        await eventually(lambda: ("occupied", "chat:north") in heard.all)
        async with connected(two_rooms[1], ann):
            await eventually(lambda: ("occupied", "chat:south") in heard.all)
        await eventually(lambda: ("vacated", "chat:south") in heard.all)
        assert ("vacated", "chat:north") not in heard.all
        assert ("disconnected", "ann") not in heard.all


async def test_a_host_application_may_ask_who_is_there(ann: User, lobby: Room) -> None:
    async with connected(LOBBY, ann) as socket:
        await shows(socket, ann=1)
        present = await in_database(people, "chat:lobby")
        assert present == Present([(ann.pk, 1)], 1, 1, 1)


def test_nobody_can_say_who_is_there_before_any_process_has_registered() -> None:
    with pytest.raises(PresenceUnknown):
        people("chat:lobby")
