"""Many commands in one frame: carried out in order, and those that subscribe together."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections

from chat.models import Membership, Room
from hub import database
from hub.core.types import JSONObject
from hub.database import in_database
from hub.publish import publish
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import connected, opened, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


@contextmanager
def recorded(statements: list[str]) -> Iterator[None]:
    """Note every statement that the hub's threads for the database send."""
    lock = threading.Lock()

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        with lock:
            statements.append(sql)
        return execute(sql, *rest)

    original = database._call

    def call(work: Callable[[], Any]) -> Any:
        with connections["default"].execute_wrapper(note):
            return original(work)

    database._call = call
    try:
        yield
    finally:
        database._call = original


async def test_a_hundred_subscriptions_of_one_frame_cost_the_queries_of_one(ann: User) -> None:
    def make_rooms() -> None:
        rooms = [Room(slug=f"room-{number}", title=f"Room {number}") for number in range(100)]
        Room.objects.bulk_create(rooms)
        for room in rooms:
            Membership.objects.create(room=Room.objects.get(slug=room.slug), user=ann, role="owner")

    await in_database(make_rooms)
    names = [f"chat:room-{number}" for number in range(100)]
    async with opened() as client:
        statements: list[str] = []
        with recorded(statements):
            subscribes: list[JSONObject] = [
                {"id": number, "subscribe": {"channel": name}} for number, name in enumerate(names, 2)
            ]
            await client.send({"id": 1, "connect": {"token": token_of(ann)}}, *subscribes)
            replies = [await client.receive() for _ in range(101)]
        assert [reply["id"] for reply in replies] == list(range(1, 102))
        assert all("subscribe" in reply for reply in replies[1:]), replies
    # Of the connection itself: its user. Of its inbox: how far it goes, and that it begins.
    rights = [sql for sql in statements if "chat_room" in sql or "chat_membership" in sql]
    opening = [sql for sql in statements if 'FROM "hub_stream"' in sql]
    assert len(rights) <= 2, rights
    # One look for all streams; where the inbox is new, one more for it before and after it was made.
    assert len(opening) <= 3, opening


async def test_what_comes_in_one_frame_is_carried_out_in_order(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        await client.send(
            {"id": 11, "subscribe": {"channel": "board:a"}},
            {"id": 12, "unsubscribe": {"channel": "board:a"}},
            {"id": 13, "publish": {"channel": "board:a", "data": 1}},
            {"id": 14, "history": {"channel": "board:a", "limit": 5}},
            {"id": 15, "subscribe": {"channel": "board:a", "recover": True}},
            {"id": 16, "subscribe": {"channel": "board:a"}},
        )
        replies = [await client.receive() for _ in range(6)]
        # Replies may come in another order than that of the commands: a refusal need not wait for the database.
        replies.sort(key=lambda reply: reply["id"])
        assert [reply["id"] for reply in replies] == [11, 12, 13, 14, 15, 16]
        assert replies[3]["history"]["publications"][0]["data"] == 1
        assert replies[4]["subscribe"]["publications"][0]["data"] == 1
        assert replies[5]["error"]["code"] == 105


async def test_one_subscription_that_is_refused_leaves_the_others_alone(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        names = ["board:a", "nothing:a", "board:b", "inbox#777777", "board:c"]
        await client.send(*[{"id": n, "subscribe": {"channel": name}} for n, name in enumerate(names, 11)])
        codes = [(await client.receive()).get("error", {}).get("code") for _ in names]
        assert codes == [None, 102, None, 103, None]
        await in_database(publish, "board:c", "message", {})
        assert (await client.push())["channel"] == "board:c"


@pytest.mark.usefixtures("unlimited")
async def test_no_reply_of_a_subscription_is_overtaken_by_what_it_subscribes_to(ann: User, boards: Boards) -> None:
    async with connected(ann) as publisher, connected(ann) as client:
        names = [f"board:{number}" for number in range(50)]
        await client.send(*[{"id": n, "subscribe": {"channel": name}} for n, name in enumerate(names, 11)])
        await publisher.send(
            *[{"id": n, "publish": {"channel": name, "data": {}}} for n, name in enumerate(names * 2, 11)]
        )
        position: dict[str, int] = {}
        expected = dict.fromkeys(names, 2)
        while any(position.get(name) != last for name, last in expected.items()):
            message = await client.receive()
            if "push" in message:
                # It comes after the reply, and follows what that said without a hole.
                channel = message["push"]["channel"]
                assert message["push"]["pub"]["offset"] == position[channel] + 1
                position[channel] += 1
            else:
                assert "subscribe" in message, message
                position[names[message["id"] - 11]] = message["subscribe"].get("offset", 0)
