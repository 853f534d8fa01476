"""What a connected client may ask for, and how it is answered."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Room
from hub.core.types import JSONObject, JSONValue
from hub.database import in_database
from hub.identity import AnyUser
from hub.publish import publish
from tests.integration.conftest import MakeUser
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import connected, opened, token_of, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

#: What the handler of messages was given.
messages: list[tuple[AnyUser, JSONObject, JSONValue]] = []


def take_message(user: AnyUser, client: JSONObject, data: JSONValue) -> None:
    """Keep a message that a client has sent."""
    messages.append((user, client, data))


async def test_what_a_client_publishes_is_told_with_who_it_is(ann: User, boards: Boards) -> None:
    async with opened() as client:
        me = (await client.done("connect", token=token_of(ann)))["client"]
        await client.done("subscribe", channel="board:a")
        every: list[Any] = [{"text": "hi"}, ["a", 1], "text", 7, None, True, {}]
        for offset, data in enumerate(every, 1):
            await client.send({"id": 100 + offset, "publish": {"channel": "board:a", "data": data}})
            got = [await client.receive(), await client.receive()]
            assert {"id": 100 + offset, "publish": {}} in got
            [publication] = [one["push"]["pub"] for one in got if "push" in one]
            assert publication["data"] == data and publication["offset"] == offset
            assert publication["info"] == {"user": str(ann.pk), "client": me}
            assert "tags" not in publication


async def test_what_is_not_kept_is_told_without_an_offset(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="passing:a")
        assert result == {}
        await client.send({"id": 7, "publish": {"channel": "passing:a", "data": 1}})
        got = [await client.receive(), await client.receive()]
        [publication] = [one["push"]["pub"] for one in got if "push" in one]
        assert "offset" not in publication and publication["data"] == 1


async def test_many_publications_of_one_frame_are_answered_in_order(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        commands = [{"id": n, "publish": {"channel": "board:a", "data": n}} for n in range(10, 60)]
        await client.send(*commands)
        assert [(await client.receive())["id"] for _ in commands] == list(range(10, 60))
        page = await client.done("history", channel="board:a", limit=-1)
        assert [one["data"] for one in page["publications"]] == list(range(10, 60))


async def test_who_may_not_publish_is_told_so(make_user: MakeUser, boards: Boards) -> None:
    async with connected(await in_database(make_user, "mute")) as client:
        assert await client.refused("publish", channel="board:a", data={}) == 103
        assert await client.refused("publish", channel="inbox#777777", data={}) == 103
        assert await client.refused("publish", channel="nothing:a", data={}) == 102


async def test_a_command_without_a_stream_ends_the_connection(ann: User) -> None:
    for method in ("publish", "presence", "presence_stats", "history", "subscribe", "unsubscribe"):
        async with connected(ann) as client:
            await client.send({"id": 7, method: {}})
            assert await client.close_code() == 3501, method


async def test_text_that_cannot_be_kept_is_refused_and_ends_nothing(ann: User, boards: Boards) -> None:
    bad = "what a person may paste: \0"
    async with connected(ann) as client:
        assert await client.refused("publish", channel="board:a", data={"text": bad}) == 107
        assert await client.refused("subscribe", channel="board:a", data=bad) == 107
        assert await client.refused("rpc", method="message.post", data={"stream": "board:a", "body": bad}) == 107
        assert await client.refused("history", channel=bad) == 107
        await client.done("subscribe", channel="board:a")
        await client.done("publish", channel="board:a", data={})
    async with opened() as client:
        assert await client.refused("connect", data=bad) == 107


async def test_history_is_read_in_pages_both_ways(ann: User, boards: Boards) -> None:
    for number in range(1, 6):
        await in_database(publish, "board:a", "message", {"n": number})
    async with connected(ann) as client:

        async def numbers(**request: Any) -> list[int]:
            page = await client.done("history", channel="board:a", **request)
            assert page["offset"] == 5 and page["epoch"]
            return [one["offset"] for one in page.get("publications", [])]

        assert await numbers() == []
        assert await numbers(limit=2) == [1, 2]
        assert await numbers(limit=-1) == [1, 2, 3, 4, 5]
        assert await numbers(limit=2, since={"offset": 2}) == [3, 4]
        assert await numbers(limit=2, reverse=True) == [5, 4]
        assert await numbers(limit=9, reverse=True, since={"offset": 3}) == [2, 1]
        assert await client.refused("history", channel="board:a", limit=1, since={"offset": 1, "epoch": "x"}) == 112
        assert await client.refused("history", channel="board:a", limit=1, reverse=True, since={}) == 107


async def test_history_that_there_is_not_or_that_one_may_not_read_is_refused(
    ann: User, make_user: MakeUser, boards: Boards, lobby: Room
) -> None:
    await in_database(Room.objects.create, slug="secret", title="Secret", is_private=True)
    async with connected(ann) as client:
        assert await client.refused("history", channel="nothing:a") == 102
        assert await client.refused("history", channel="passing:a") == 108
        assert await client.refused("history", channel="chat:secret") == 102
        other = await in_database(make_user, "bob")
        assert await client.refused("history", channel=f"inbox#{other.pk}") == 103


async def test_who_reads_a_stream_is_told_by_the_ids_of_connections(
    ann: User, make_user: MakeUser, lobby: Room
) -> None:
    bob = await in_database(make_user, "bob")
    async with opened() as first, connected(bob) as second:
        me = (await first.done("connect", token=token_of(ann)))["client"]
        await first.done("subscribe", channel="chat:lobby")
        await second.done("subscribe", channel="chat:lobby")

        async def both() -> bool:
            # Of a Redis that has just come, it is not known for a moment who is there.
            present = (await first.ask("presence", channel="chat:lobby")).get("presence", {}).get("presence", {})
            return len(present) == 2 and present[me] == {"user": str(ann.pk), "client": me}

        await until(both)
        assert await first.done("presence_stats", channel="chat:lobby") == {"num_clients": 2, "num_users": 2}


async def test_presence_that_there_is_not_is_refused(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        for method in ("presence", "presence_stats"):
            assert await client.refused(method, channel="nothing:a") == 102
            assert await client.refused(method, channel="board:a") == 108


async def test_a_call_is_a_command_of_the_stream_that_it_names(ann: User, lobby: Room) -> None:
    async with connected(ann) as client:
        data = {"stream": "chat:lobby", "body": "hello"}
        result = await client.done("rpc", method="message.post", data=data)
        assert result["data"]["body"] == "hello"
        result = await client.done("rpc", method="typing", data={"stream": "chat:lobby"})
        assert result == {"data": {}}


async def test_a_call_that_makes_no_sense_is_refused(ann: User, lobby: Room) -> None:
    async with connected(ann) as client:
        assert await client.refused("rpc", method="no such", data={"stream": "chat:lobby"}) == 104
        assert await client.refused("rpc", method="no such") == 104
        assert await client.refused("rpc", method="message.post", data={"body": "hello"}) == 107
        assert await client.refused("rpc", method="message.post", data={"stream": "chat:none", "body": "x"}) == 102
        assert await client.refused("rpc", method="notification.read", data={"stream": "chat:lobby"}) == 104


async def test_messages_that_nobody_takes_end_the_connection(ann: User) -> None:
    async with connected(ann) as client:
        await client.send({"send": {"data": {"a": 1}}})
        assert await client.close_code() == 3508


async def test_messages_go_to_the_handler_of_the_site(ann: User, settings: Settings) -> None:
    settings.HUBBUB_MESSAGE_HANDLER = f"{__name__}.take_message"
    messages.clear()
    async with connected(ann) as client:
        await client.send({"send": {"data": {"a": 1}}})
        # There is no reply to the first: the next thing that comes is the reply to the second.
        assert await client.done("ping") == {}
        # Nor is there one where it has an id: none is meant for it.
        await client.send({"id": 2, "send": {"data": "b"}}, {"id": 3, "ping": {}})
        assert await client.receive() == {"id": 3, "ping": {}}
    (user, info, data), (_, _, second) = messages
    assert second == "b"
    assert user == ann and info["user"] == str(ann.pk) and data == {"a": 1}


async def test_who_asks_too_fast_is_told_to_wait(ann: User, settings: Settings, boards: Boards) -> None:
    settings.HUBBUB_COMMAND_BURST = 5
    settings.HUBBUB_COMMAND_RATE = 0.001
    async with connected(ann) as client:
        codes = [(await client.ask("ping")).get("error", {}).get("code") for _ in range(7)]
        assert codes == [None] * 5 + [111] * 2
        # Subscriptions are counted apart, so that whoever comes back has all of them at once.
        for number in range(20):
            await client.done("subscribe", channel=f"board:{number}")
        # Who goes may always do so: clients take a refusal for a broken connection.
        for number in range(20):
            await client.done("unsubscribe", channel=f"board:{number}")
