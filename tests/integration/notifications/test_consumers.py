"""The notifications' end of a WebSocket."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from notifications.services import notify
from tests.integration.sockets import connected, serving

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/ws/notifications/"


@pytest.fixture(autouse=True)
async def _serving() -> AsyncIterator[None]:
    """Stop at the end what the connections start."""
    async with serving():
        yield


async def test_everybody_gets_their_own_inbox(ann: User, bob: User, inbox: str) -> None:
    async with connected(PATH, ann) as first, connected(PATH, bob) as second:
        assert (await first.receive())["hello"]["stream"] == inbox
        assert (await second.receive())["hello"]["stream"] == f"inbox#{bob.pk}"
        await sync_to_async(notify)(bob, title="theirs")
        await sync_to_async(notify)(ann, title="mine")
        assert (await first.receive())["data"]["notification"]["title"] == "mine"
        assert (await second.receive())["data"]["notification"]["title"] == "theirs"


async def test_reading_on_one_device_is_seen_on_the_other(ann: User) -> None:
    notification = await sync_to_async(notify)(ann, title="x")
    async with connected(PATH, ann) as laptop, connected(PATH, ann) as phone:
        await laptop.receive()
        await phone.receive()
        result = (await laptop.command("notification.read", id=notification.pk))["result"]
        event = await phone.receive()
        assert (event["type"], event["data"], event["offset"]) == ("notification.read", result, 2)


async def test_a_wrong_id_is_answered_with_an_error(ann: User) -> None:
    async with connected(PATH, ann) as socket:
        await socket.receive()
        assert (await socket.command("notification.read", id=999))["error"]["code"] == 102
        assert (await socket.command("notification.read", id="x"))["error"]["code"] == 107
