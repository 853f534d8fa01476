"""The chat's end of a WebSocket."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from pytest_django import Settings

from chat import services
from chat.models import Message, Room
from tests.integration.sockets import Socket, connected, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _serving() -> AsyncIterator[None]:
    """Stop at the end what the connections start."""
    async with serving():
        yield


async def test_a_post_reaches_everybody_in_the_room(lobby: Room, ann: User, bob: User) -> None:
    async with connected("/ws/chat/lobby/", ann) as first, connected("/ws/chat/lobby/", bob) as second:
        hello = (await first.receive())["hello"]
        assert (hello["stream"], hello["offset"], hello["user"]) == ("chat:lobby", 1, "ann")
        await second.receive()
        result = (await second.command("message.post", body="hi"))["result"]
        assert (await first.receive())["type"] == "member.joined"
        event = await first.receive()
        assert (event["type"], event["offset"], event["data"]) == ("message.created", 3, result)


async def test_what_is_said_elsewhere_reaches_the_room(lobby: Room, ann: User) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        await sync_to_async(Message.objects.create)(room=lobby, author=ann, body="from the shell")
        assert (await socket.receive())["data"]["body"] == "from the shell"


async def test_typing_is_told_and_not_kept(lobby: Room, ann: User, bob: User, settings: Settings) -> None:
    settings.HUBBUB_LIMITS = True
    async with connected("/ws/chat/lobby/", ann) as first, connected("/ws/chat/lobby/", bob) as second:
        await first.receive()
        await second.receive()
        for _ in range(3):
            assert (await second.command("typing"))["result"] == {}
        event = await first.receive()
        assert (event["type"], event["data"]["user"]["username"]) == ("typing", "bob")
        assert "offset" not in event
        await second.command("message.post", body="done")
        # Only one of the three signals went out.
        assert [(await first.receive())["type"] for _ in range(2)] == ["member.joined", "message.created"]


@pytest.mark.parametrize("slug", ["secret", "none", "%C3%A4", "a%20b"])
async def test_a_hidden_room_ends_the_connection_like_an_unknown_one(secret: Room, bob: User, slug: str) -> None:
    async with connected(f"/ws/chat/{slug}/", bob) as socket:
        assert (await socket.receive())["error"]["code"] == 102
        assert await socket.close_code() == 3501


async def test_a_closed_room_answers_with_its_error(lobby: Room, ann: User) -> None:
    await sync_to_async(services.room_update)(ann, lobby, is_closed=True)
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        reply = await socket.command("message.post", body="hi")
        assert reply == {"id": "c1", "error": {"code": 400, "message": "room is closed"}}


async def test_a_wrong_field_is_named_in_the_reply(lobby: Room, ann: User) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        reply = await socket.command("message.post", body=" ")
        assert reply["error"] == {"code": 107, "message": "body: expected 1 to 4000 characters, got 0"}


async def error_of(socket: Socket) -> int:
    """Return the code of the error with which a connection ends; events that come before it are passed over."""
    while "error" not in (message := await socket.receive()):
        pass
    code: int = message["error"]["code"]
    return code


async def test_a_member_who_is_removed_from_a_private_room_is_cut_off(secret: Room, ann: User, bob: User) -> None:
    await sync_to_async(services.member_add)(ann, secret, bob)
    async with connected("/ws/chat/secret/", bob) as socket, connected("/ws/chat/secret/", ann) as owner:
        await socket.receive()
        await owner.receive()
        await sync_to_async(services.member_remove)(ann, secret, bob)
        assert await error_of(socket) == 102
        assert await socket.close_code() == 3501
        assert "result" in await owner.command("message.post", body="still here")


async def test_a_room_that_becomes_private_cuts_off_who_is_no_member(lobby: Room, bob: User) -> None:
    async with connected("/ws/chat/lobby/", bob) as socket:
        await socket.receive()
        lobby.is_private = True
        await sync_to_async(lobby.save)()
        assert await error_of(socket) == 102


async def test_a_room_that_is_deleted_cuts_off_everybody(lobby: Room, ann: User) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        await sync_to_async(lobby.delete)()
        assert await error_of(socket) == 102
