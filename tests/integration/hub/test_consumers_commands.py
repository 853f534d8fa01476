"""Commands of one socket that are under way at the same time, and the address of any stream."""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Message, Room
from hub import log
from hub.consumers import PIPELINED
from hub.database import in_database
from tests.integration.conftest import MakeUser
from tests.integration.hub.boards import Boards, Passing, registered
from tests.integration.hub.test_consumers import readers_of
from tests.integration.sockets import Socket, connected
from tests.streams import events_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

BOARD = "/ws/stream/board:a/"


@pytest.fixture
def boards() -> Iterator[Boards]:
    boards = Boards()
    with registered(boards, Passing()):
        yield boards


async def ask(socket: Socket, command_id: int, name: str, **data: object) -> None:
    await socket.send(json.dumps({"id": command_id, "command": name, "data": data}))


async def replies(socket: Socket, count: int) -> list[tuple[int, int]]:
    """Return the id of each of the next replies, and the offset or the error's code in it."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        if "id" in (message := await socket.receive()):
            found.append(
                (message["id"], message["result"]["offset"] if "result" in message else message["error"]["code"])
            )
    return found


async def test_any_stream_is_read_at_the_address_of_its_name(ann: User, lobby: Room, boards: Boards) -> None:
    for name in ("chat:lobby", f"inbox#{ann.pk}", "board:a/b?c", "passing:by"):
        async with connected(f"/ws/stream/{quote(name, safe=':')}/", ann) as socket:
            assert (await socket.receive())["hello"]["stream"] == name
    for name in ("chat:none", "nothing:a", "board", "b", "board:a%20b", "%00", "board:%C3%A9"):
        async with connected(f"/ws/stream/{name}/", ann) as socket:
            assert (await socket.receive())["error"]["code"] == 102, name


@pytest.mark.usefixtures("boards")
async def test_what_is_published_reaches_everyone_who_reads_the_stream(ann: User, make_user: MakeUser) -> None:
    mute = await in_database(make_user, "mute")
    async with connected(BOARD, ann) as socket, connected(BOARD, mute) as other:
        hello = (await socket.receive())["hello"]
        await other.receive()
        answer = await socket.command("publish", data={"text": "hi"}, type="said", key="k")
        assert answer["result"] == {"epoch": hello["epoch"], "offset": 1}
        event = await other.receive()
        assert (event["offset"], event["type"], event["data"]) == (1, "said", {"text": "hi"})
        assert (await other.command("publish", data={}))["error"]["code"] == 103


@pytest.mark.usefixtures("boards")
async def test_what_is_published_to_a_stream_without_a_history_comes_without_an_offset(ann: User) -> None:
    async with connected("/ws/stream/passing:by/", ann) as socket:
        hello = (await socket.receive())["hello"]
        assert (hello["epoch"], hello["offset"], hello["recovered"]) == ("", 0, True)
        await ask(socket, 1, "publish", data={"text": "hi"})
        event, answer = sorted([await socket.receive(), await socket.receive()], key=lambda message: "id" in message)
        assert answer == {"id": 1, "result": {}}
        assert (event.get("offset"), event["type"], event["data"]) == (None, "message", {"text": "hi"})
    assert await in_database(log.bounds, ["passing:by"]) == {}


@pytest.mark.usefixtures("boards")
async def test_a_room_takes_no_events_but_those_of_its_messages(ann: User, lobby: Room) -> None:
    async with connected("/ws/chat/lobby/", ann) as socket:
        await socket.receive()
        forged = {"type": "message.deleted", "data": {"id": 1}}
        assert (await socket.command("publish", **forged))["error"]["code"] == 107
        assert (await socket.command("publish", data={"body": "hi"}))["result"] == {}
    assert await in_database(Message.objects.filter(body="hi").count) == 1


async def test_commands_that_do_not_wait_for_replies_are_answered_in_their_order(ann: User, boards: Boards) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        for number in range(20):
            await ask(socket, number, "pin", text=str(number))
        assert await replies(socket, 20) == [(number, number + 1) for number in range(20)]
    assert boards.log == [f"a {number}" for number in range(20)]


async def test_a_command_that_shares_no_transaction_waits_for_those_before_it_and_keeps_those_after_it_waiting(
    ann: User, boards: Boards
) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        for number, name in enumerate(["pin", "pin", "peel", "pin", "peel", "pin"]):
            await ask(socket, number, name, text=name)
        assert await replies(socket, 6) == [(number, number + 1) for number in range(6)]
    types = [type_ for type_, _ in await in_database(events_of, "board:a")]
    assert types == ["pinned", "pinned", "peeled", "pinned", "peeled", "pinned"]


@pytest.mark.usefixtures("boards")
async def test_wrong_commands_are_answered_in_their_turn(ann: User, settings: Settings) -> None:
    settings.HUBBUB_COMMAND_BURST, settings.HUBBUB_COMMAND_RATE = 5, 0.001
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        await ask(socket, 1, "pin", text="1")
        await ask(socket, 2, "nonsense")
        await ask(socket, 3, "pin", text="3", then="refuse")
        await socket.send('{"id":4,"command":7}')
        await ask(socket, 5, "pin", text="5", then="crash")
        await ask(socket, 6, "pin", text="6")
        await ask(socket, 7, "pin", text="7")
        expected = [(1, 1), (2, 104), (3, 103), (4, 107), (5, 100), (6, 2), (7, 111)]
        assert await replies(socket, 7) == expected


@pytest.mark.usefixtures("boards")
async def test_wrong_commands_that_share_transactions_are_counted_too(ann: User) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        for number in range(10):
            await ask(socket, number, "publish", data=[])
        assert await socket.ending() == 3509
    assert await readers_of("board:a") == 0


async def test_no_more_than_so_many_commands_of_one_socket_are_under_way(ann: User, boards: Boards) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        await ask(socket, 0, "pin", text="0", then="wait")
        await asyncio.to_thread(boards.begun.wait, 60)
        for number in range(1, PIPELINED + 10):
            await ask(socket, number, "pin", text=str(number))
        # What has been taken goes into the next run together; the rest follows.
        boards.go.set()
        assert await replies(socket, PIPELINED + 10) == [(number, number + 1) for number in range(PIPELINED + 10)]
    assert boards.log == [f"a {number}" for number in range(PIPELINED + 10)]


async def test_a_client_that_leaves_at_once_has_its_commands_carried_out(ann: User, boards: Boards) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        await ask(socket, 0, "pin", text="0", then="wait")
        await asyncio.to_thread(boards.begun.wait, 60)
        await ask(socket, 1, "pin", text="1")
    assert await readers_of("board:a") == 0
    boards.go.set()
    async with asyncio.timeout(60):
        while len(await in_database(events_of, "board:a")) < 2:
            await asyncio.sleep(0.01)


async def test_a_right_that_is_lost_meanwhile_is_lost_for_what_comes_after(ann: User, boards: Boards) -> None:
    async with connected(BOARD, ann) as socket:
        await socket.receive()
        await ask(socket, 0, "pin", text="0", then="wait")
        await asyncio.to_thread(boards.begun.wait, 60)
        await ask(socket, 1, "pin", text="1")
        # update() sends no signal: the command itself has to find out.
        disabled = asyncio.create_task(in_database(User.objects.filter(pk=ann.pk).update, is_active=False))
        boards.go.set()
        await disabled
        await ask(socket, 2, "pin", text="2")
        assert (await replies(socket, 3))[2] == (2, 101)
