"""Rights that are lost while connected (P5), through a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from chat.models import Membership, Message, Room
from hub import revocation, tokens
from hub.database import in_database
from hub.runtime import get_runtime
from tests.integration.conftest import MakeUser
from tests.integration.hub.conftest import log_in
from tests.integration.sockets import Socket, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


@asynccontextmanager
async def browsing(path: str, cookie: str) -> AsyncIterator[Socket]:
    """Open a WebSocket as a browser does that is logged in."""
    from asgi import application

    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]
    communicator = WebsocketCommunicator(application, path, headers=headers)
    accepted, _ = await communicator.connect(60)
    assert accepted
    socket = Socket(communicator)
    assert "hello" in await socket.receive()
    try:
        yield socket
    finally:
        await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
        await communicator.wait(60)


@pytest.fixture
def den(ann: User) -> Room:
    """A private room with Ann in it."""
    room = Room.objects.create(slug="den", title="Den", is_private=True)
    Membership.objects.create(room=room, user=ann)
    return room


async def test_logging_out_ends_the_connections_of_that_session(ann: User, lobby: Room, cookie: str) -> None:
    async with browsing("/ws/chat/lobby/", cookie) as socket:
        await in_database(lambda: Session.objects.get().delete())
        assert (await socket.receive())["error"]["code"] == 101
        assert await socket.close_code() == 3500


async def test_another_session_of_the_same_user_stays(ann: User, lobby: Room, cookie: str) -> None:
    other_cookie = await in_database(log_in, ann)
    async with browsing("/ws/chat/lobby/", cookie) as gone, browsing("/ws/chat/lobby/", other_cookie) as stays:
        key = cookie.rpartition("=")[2]
        await in_database(lambda: Session.objects.get(session_key=key).delete())
        assert await gone.ending() == 3500
        assert "result" in await stays.command("message.post", body="still here")


def change_password(user: User) -> None:
    user.set_password("another")
    user.save()


def disable(user: User) -> None:
    user.is_active = False
    user.save()


def delete(user: User) -> None:
    user.delete()


@pytest.mark.parametrize("change", [change_password, disable, delete])
async def test_a_token_ends_with_what_it_was_issued_for(ann: User, lobby: Room, change: Callable[[User], None]) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        assert "hello" in await socket.receive()
        await in_database(change, ann)
        assert await socket.ending() == 3500


@pytest.mark.parametrize("change", [change_password, disable])
async def test_a_session_ends_with_what_it_was_opened_for(
    ann: User, lobby: Room, cookie: str, change: Callable[[User], None]
) -> None:
    async with browsing("/ws/chat/lobby/", cookie) as socket:
        await in_database(change, ann)
        assert await socket.ending() == 3500


async def test_somebody_else_is_not_touched(ann: User, lobby: Room, make_user: MakeUser) -> None:
    bob = await in_database(make_user, "bob")
    async with connected("/ws/chat/lobby/", bob) as socket:
        await socket.receive()
        await in_database(disable, ann)
        assert "result" in await socket.command("message.post", body="still here")


async def test_a_member_who_is_removed_gets_nothing_that_is_said_afterwards(ann: User, den: Room) -> None:
    async with connected("/ws/chat/den/", ann) as socket:
        await socket.receive()
        await in_database(lambda: Membership.objects.get(user=ann, room=den).delete())
        # That she left is the last she may know of; it may come before the end or be let go with it.
        while "error" not in (message := await socket.receive()):
            assert message["type"] == "member.left"
        assert message["error"]["code"] == 102
        assert await socket.close_code() == 3501


async def test_a_room_that_becomes_private_ends_who_is_no_member(ann: User, lobby: Room, make_user: MakeUser) -> None:
    def close_the_door() -> None:
        lobby.is_private = True
        lobby.save()

    bob = await in_database(make_user, "bob")
    async with connected("/ws/chat/lobby/", bob) as guest, connected("/ws/chat/lobby/", ann) as member:
        await guest.receive()
        await member.receive()
        await in_database(close_the_door)
        assert await guest.ending() == 3501
        assert "result" in await member.command("message.post", body="among us")


async def test_a_token_that_expires_ends_its_connection_in_time(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asgi import application

    # Where the machine is so slow that it is over before it is shown.
    monkeypatch.setattr(tokens, "LEEWAY", 10)
    token = tokens.issue(ann, timedelta(seconds=1))
    communicator = WebsocketCommunicator(application, f"/ws/chat/lobby/?token={token}")
    assert (await communicator.connect(60))[0]
    socket = Socket(communicator)
    assert "hello" in await socket.receive()
    assert (await socket.receive())["error"]["code"] == 109
    assert await socket.close_code() == 3005
    await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
    await communicator.wait(60)


async def test_what_nobody_told_is_found_in_the_next_round(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "ROUND", 2.0)
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        # `update()` sends no signal, as when the change is made by hand in the database.
        await in_database(lambda: User.objects.filter(pk=ann.pk).update(is_active=False))
        assert await socket.ending() == 3500


async def test_a_connection_that_is_gone_is_looked_after_no_longer(ann: User, lobby: Room) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        revoker = (await get_runtime()).revoker
        assert revoker._connections
    assert not revoker._connections


async def test_a_database_that_does_not_answer_ends_nobody(
    ann: User, lobby: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def fail(*args: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        raise OSError("the database is away")

    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        with monkeypatch.context() as patch:
            patch.setattr(revocation, "judge", fail)
            await in_database(lambda: ann.save())
            await asyncio.wait_for(asked.wait(), 30)
        assert "result" in await socket.command("message.post", body="still here")
        assert await in_database(Message.objects.count) == 1
