"""Streams that a client gets without asking: those of its namespaces, of its token, and of the server API."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from hub.core import session as rules
from hub.core.events import Position
from hub.database import in_database
from hub.publish import Draft, publish, publish_many, publish_to_many
from hub.runtime import get_runtime
from hub.sessions.session import Session
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import Client, connected, opened, token_of
from tests.unit.hub.tokens_of_others import signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def session_of(user: User) -> Session:
    """Return the one session of a user in this process."""
    [session] = (await get_runtime()).sessions.find(user=str(user.pk))
    return session


async def fill(stream: str, count: int) -> None:
    await in_database(publish_many, stream, [Draft("message", {"n": number}) for number in range(1, count + 1)])


async def test_a_user_gets_the_own_inbox_without_asking(ann: User) -> None:
    async with opened() as client:
        subs = (await client.done("connect", token=token_of(ann)))["subs"]
        inbox = f"inbox#{ann.pk}"
        assert subs[inbox]["recoverable"] and subs[inbox]["positioned"] and subs[inbox]["epoch"]
        await in_database(publish, inbox, "notification.created", {"n": 1})
        push = await client.push()
        assert push["channel"] == inbox and push["pub"]["offset"] == 1


async def test_who_comes_back_is_told_with_the_connection_what_it_has_missed(ann: User) -> None:
    inbox = f"inbox#{ann.pk}"
    await fill(inbox, 4)
    async with opened() as client:
        position = {"recover": True, "offset": 2}
        result = await client.done("connect", token=token_of(ann), subs={inbox: position, "board:x": position})
        assert result["subs"].keys() == {inbox}
        assert [one["offset"] for one in result["subs"][inbox]["publications"]] == [3, 4]
        assert result["subs"][inbox]["recovered"] and result["subs"][inbox]["offset"] == 2
        await in_database(publish, inbox, "message", {})
        assert (await client.push())["pub"]["offset"] == 5


async def test_what_was_missed_of_many_streams_does_not_come_all_at_once(
    ann: User, other_backend: None, boards: Boards, settings: Settings
) -> None:
    settings.HUBBUB_OUTBOX_LIMIT = settings.HUBBUB_PAGE_BYTES = 4_000
    names = [f"board:{number}" for number in range(30)]
    await in_database(publish_to_many, {name: [Draft("message", "x" * 1_000) for _ in range(3)] for name in names})
    async with opened() as client:
        position = {"recover": True, "offset": 1}
        token = signed(sub="somebody", channels=names)
        subs = (await client.done("connect", token=token, subs=dict.fromkeys(names, position)))["subs"]
        assert all(result["recovered"] and result["offset"] == 1 for result in subs.values())
        got = {name: [one["offset"] for one in subs[name].get("publications", [])] for name in names}
        assert 3 < sum(map(len, got.values())) < 30
        # All the rest follows.
        while sum(map(len, got.values())) < 2 * len(names):
            push = await client.push()
            got[push["channel"]].append(push["pub"]["offset"])
        assert got == {name: [2, 3] for name in names}


async def test_a_token_may_bring_streams_along(ann: User, other_backend: None, boards: Boards) -> None:
    subs = {"board:b": {"data": {"b": 1}}}
    async with opened() as client:
        token = signed(sub="somebody", channels=["board:a"], subs=subs)
        result = await client.done("connect", token=token)
        assert result["subs"].keys() == {"board:a", "board:b"}
        assert result["subs"]["board:b"]["data"] == {"b": 1}
        await in_database(publish, "board:a", "message", {"n": 1})
        assert (await client.publication())["data"] == {"n": 1}


async def test_a_token_with_a_stream_that_there_is_not_lets_nobody_in(ann: User, other_backend: None) -> None:
    async with opened() as client:
        assert await client.refused("connect", token=signed(sub="somebody", channels=["nothing:a"])) == 102
        await client.send({"id": 5, "ping": {}})
        assert await client.close_code() == 3501
    assert len((await get_runtime()).sessions) == 0


async def test_the_server_can_subscribe_a_client_and_end_that(ann: User, boards: Boards) -> None:
    await fill("board:a", 3)
    async with connected(ann) as client:
        session = await session_of(ann)
        await session.add_subscription("board:a", data={"x": 1}, info={"y": 2})
        push = await client.push()
        told = push["subscribe"]
        assert push["channel"] == "board:a" and told["data"] == {"x": 1}
        assert told["offset"] == 3 and told["positioned"] and told["recoverable"] and told["epoch"]
        await in_database(publish, "board:a", "message", {"n": 4})
        assert (await client.publication())["data"] == {"n": 4}
        # Twice is as good as once.
        await session.add_subscription("board:a")
        await session.remove_subscription("board:a")
        unsubscribe = {"code": 2000, "reason": "server unsubscribe"}
        assert await client.push() == {"channel": "board:a", "unsubscribe": unsubscribe}
        await session.remove_subscription("board:a")
        assert await client.done("ping") == {}


async def test_a_client_that_the_server_subscribes_may_go_on_from_a_position(ann: User, boards: Boards) -> None:
    await fill("board:a", 3)
    async with connected(ann) as client:
        await (await session_of(ann)).add_subscription("board:a", recover_since=Position("", 1))
        assert (await client.push())["subscribe"]["offset"] == 1
        assert [(await client.publication())["offset"] for _ in range(2)] == [2, 3]


async def test_the_server_can_end_a_connection_or_move_its_end(ann: User) -> None:
    async with connected(ann) as client:
        session = await session_of(ann)
        await session.refresh(expired=False, expire_at=time.time() + 60)
        refresh = (await client.push())["refresh"]
        assert refresh["expires"] and 58 <= refresh["ttl"] <= 60
        await session.refresh(expired=False, expire_at=None)
        assert (await client.push())["refresh"] == {}
        await session.refresh(expired=True, expire_at=None)
        assert await client.close_code() == 3005


async def test_the_end_of_a_subscription_by_the_server_is_the_end_of_the_connection(
    ann: User, boards: Boards, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rules, "GRACE", 0.0)
    async with connected(ann) as client:
        await (await session_of(ann)).add_subscription("board:a", expire_at=time.time() + 0.5)
        assert await client.close_code() == 3006


async def test_nothing_is_held_for_a_client_that_has_gone(ann: User, boards: Boards) -> None:
    runtime = await get_runtime()

    async def use(client: Client) -> None:
        await client.done("connect", token=token_of(ann))
        await client.done("subscribe", channel="board:a")

    async with opened() as client:
        await use(client)
        assert len(runtime.sessions) == 1 and runtime.dispatcher.readers == 2
    assert len(runtime.sessions) == 0
    held = runtime.holdings()
    assert (held["readers"], held["connections"]) == (0, 0)
    # One that is cut, as when its server is killed, leaves nothing either.
    async with opened() as client:
        await use(client)
        client.communicator.future.cancel()
    held = runtime.holdings()
    assert (len(runtime.sessions), held["readers"], held["connections"]) == (0, 0, 0)
