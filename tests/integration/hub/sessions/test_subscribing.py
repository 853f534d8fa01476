"""Subscribing over a session: what is answered, and what comes afterwards."""

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from chat.services import message_post
from hub.database import in_database
from tests.integration.hub.sessions.client import connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def post(user: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await in_database(message_post, user, room, body)


async def test_a_subscription_begins_at_the_end_of_its_stream(ann: User, lobby: Room) -> None:
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="chat:lobby")
        assert result["recoverable"] and result["positioned"] and result["offset"] == 1
        await post(ann, lobby, "hello")
        publication = await client.publication()
        assert (publication["offset"], publication["data"]["body"]) == (2, "hello")
        assert publication["tags"] == {"type": "message.created"}


async def test_who_comes_back_is_told_what_it_has_missed(ann: User, lobby: Room) -> None:
    await post(ann, lobby, "one", "two", "three")
    async with connected(ann) as client:
        epoch = (await client.done("subscribe", channel="chat:lobby"))["epoch"]
        await client.done("unsubscribe", channel="chat:lobby")
        result = await client.done("subscribe", channel="chat:lobby", recover=True, offset=2, epoch=epoch)
        assert result["recovered"] and result["was_recovering"] and result["offset"] == 2
        assert [one["data"]["body"] for one in result["publications"]] == ["two", "three"]
        await post(ann, lobby, "four")
        assert (await client.publication())["offset"] == 5
