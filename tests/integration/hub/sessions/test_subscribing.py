"""Subscribing over a session: what is answered, what is refused, and what comes afterwards."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Room
from chat.services import message_post
from hub.core import fossil
from hub.core import session as rules
from hub.core.types import JSONObject
from hub.database import in_database
from hub.dispatch import Dispatcher, StreamReset
from hub.models import Event, Stream
from hub.publish import Draft, publish, publish_many
from tests.integration.conftest import MakeUser
from tests.integration.hub.boards import Boards, registered
from tests.integration.hub.sessions.client import Client, connected, opened, token_of
from tests.unit.hub.tokens_of_others import signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


async def post(user: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await in_database(message_post, user, room, body)


async def fill(stream: str, count: int) -> None:
    """Publish `{"n": 1}`, `{"n": 2}` … to a stream."""
    await in_database(publish_many, stream, [Draft("message", {"n": number}) for number in range(1, count + 1)])


async def epoch_of(stream: str) -> str:
    epoch: str = await in_database(lambda: Stream.objects.get(name=stream).epoch)
    return epoch


def let_go_of(stream: str, floor: int) -> None:
    """Keep no event up to an offset."""
    Event.objects.filter(stream__name=stream, offset__lte=floor).delete()
    Stream.objects.filter(name=stream).update(floor=floor)


def offsets(publications: list[JSONObject]) -> list[int]:
    return [one["offset"] for one in publications]


async def test_a_subscription_begins_at_the_end_of_its_stream(ann: User, lobby: Room) -> None:
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="chat:lobby")
        epoch = await epoch_of("chat:lobby")
        assert result == {"recoverable": True, "positioned": True, "offset": 1, "epoch": epoch}
        await post(ann, lobby, "hello")
        publication = await client.publication()
        assert (publication["offset"], publication["data"]["body"]) == (2, "hello")
        assert publication["tags"] == {"type": "message.created"}


async def test_a_stream_that_never_had_an_event_begins_at_zero(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="board:new")
        assert "offset" not in result and result["epoch"] and result["recoverable"]


async def test_who_comes_back_is_told_what_it_has_missed(ann: User, boards: Boards) -> None:
    await fill("board:a", 4)
    async with connected(ann) as client:
        epoch = await epoch_of("board:a")
        result = await client.done("subscribe", channel="board:a", recover=True, offset=2, epoch=epoch)
        assert result["recovered"] and result["was_recovering"] and result["offset"] == 2
        assert offsets(result["publications"]) == [3, 4]
        await in_database(publish, "board:a", "message", {})
        assert (await client.publication())["offset"] == 5


async def test_who_comes_back_and_has_missed_nothing_is_told_so(ann: User, boards: Boards) -> None:
    await fill("board:a", 4)
    async with connected(ann) as client:
        # An empty epoch is taken for the stream's: whoever has never been told one.
        result = await client.done("subscribe", channel="board:a", recover=True, offset=4)
        assert result["recovered"] and result["offset"] == 4 and "publications" not in result


async def test_however_much_was_missed_all_of_it_comes(ann: User, boards: Boards, settings: Settings) -> None:
    settings.HUBBUB_PAGE_SIZE = 20
    settings.HUBBUB_RING_SIZE = 5
    await fill("board:a", 100)
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="board:a", recover=True, offset=10)
        told = offsets(result["publications"])
        assert 0 < len(told) < 90 and result["recovered"]
        while len(told) < 90:
            told.append((await client.publication())["offset"])
        assert told == list(range(11, 101))


@pytest.mark.parametrize("position", [{"offset": 2, "epoch": "another"}, {"offset": 9}, {"offset": 2, "epoch": "_"}])
async def test_who_comes_back_with_a_position_that_cannot_be_gone_on_from_is_told_where_the_stream_ends(
    ann: User, boards: Boards, position: JSONObject
) -> None:
    await fill("board:a", 4)
    async with connected(ann) as client:
        result = await client.done("subscribe", channel="board:a", recover=True, **position)
        assert result["was_recovering"] and "recovered" not in result and "publications" not in result
        assert (result["offset"], result["epoch"]) == (4, await epoch_of("board:a"))
        await client.done("unsubscribe", channel="board:a")
        # Who wants an error instead gets it.
        assert await client.refused("subscribe", channel="board:a", recover=True, flag=3, **position) == 112
        await client.done("subscribe", channel="board:a")


async def test_who_stood_at_the_beginning_is_told_that_the_first_events_are_kept_no_longer(
    ann: User, boards: Boards
) -> None:
    await fill("board:a", 4)
    await in_database(let_go_of, "board:a", 2)
    async with connected(ann) as client:
        epoch = await epoch_of("board:a")
        result = await client.done("subscribe", channel="board:a", recover=True, offset=0, epoch=epoch)
        assert result["was_recovering"] and "recovered" not in result and result["offset"] == 4
        await in_database(publish, "board:a", "message", {})
        assert (await client.publication())["offset"] == 5
        # Who never read it asks for all that there is.
        await client.done("unsubscribe", channel="board:a")
        result = await client.done("subscribe", channel="board:a", recover=True)
        assert result["recovered"] and offsets(result["publications"]) == [3, 4, 5]


async def test_what_is_let_go_of_in_the_very_moment_in_which_it_is_asked_for_is_not_recovered(
    ann: User, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill("board:a", 4)

    async def lose(dispatcher: Dispatcher, reader: object) -> None:
        raise StreamReset("board:a")

    monkeypatch.setattr(Dispatcher, "missed", lose)
    async with connected(ann) as client:
        assert await client.refused("subscribe", channel="board:a", recover=True, flag=2) == 112
        result = await client.done("subscribe", channel="board:a", recover=True)
        assert result["was_recovering"] and "recovered" not in result and result["offset"] == 4
        await in_database(publish, "board:a", "message", {})
        assert (await client.publication())["offset"] == 5


async def test_what_a_stream_without_history_had_cannot_be_recovered(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        assert await client.done("subscribe", channel="passing:a", recover=True, offset=3, epoch="x") == {}


async def test_each_refusal_has_its_code(ann: User, make_user: MakeUser, lobby: Room, settings: Settings) -> None:
    settings.HUBBUB_MAX_SUBSCRIPTIONS = 2
    bob = await in_database(make_user, "bob")
    async with connected(ann) as client:
        # The other place is taken by Ann's own inbox.
        assert await client.refused("subscribe", channel="nothing:a") == 102
        assert await client.refused("subscribe", channel="chat:none") == 102
        assert await client.refused("subscribe", channel=f"inbox#{bob.pk}") == 103
        assert await client.refused("subscribe", channel=f"inbox#{ann.pk}") == 105
        assert await client.refused("subscribe", channel="chat:" + "x" * 251) == 107
        assert await client.refused("subscribe", channel="chat:lobby", type=1) == 108
        assert await client.refused("subscribe", channel="chat:lobby", tf={"key": "a"}) == 108
        assert await client.refused("subscribe", channel="chat:lobby", token="none") == 103
        await client.done("subscribe", channel="chat:lobby")
        assert await client.refused("subscribe", channel="chat:lobby") == 105
        assert await client.refused("subscribe", channel="chat:other") == 106
        await client.send({"id": 99, "subscribe": {"channel": "chat:lobby", "delta": "no such"}})
        assert await client.close_code() == 3501


async def test_after_an_unsubscribe_nothing_comes(ann: User, boards: Boards) -> None:
    async with connected(ann) as client:
        await client.done("subscribe", channel="board:a")
        await client.done("subscribe", channel="board:b")
        assert await client.done("unsubscribe", channel="board:a") == {}
        assert await client.done("unsubscribe", channel="board:a") == {}
        await in_database(publish, "board:a", "message", {})
        await in_database(publish, "board:b", "message", {})
        assert (await client.push())["channel"] == "board:b"


async def test_a_subscription_token_decides_alone(ann: User, other_backend: None, lobby: Room) -> None:
    private = await in_database(Room.objects.create, slug="private", title="Private", is_private=True)
    me = str(ann.pk)
    async with connected(ann) as client:
        assert await client.refused("subscribe", channel="chat:private") == 102
        token = signed(sub=me, channel="chat:private", info={"a": 1}, data=[2], exp=int(time.time()) + 60)
        result = await client.done("subscribe", channel="chat:private", token=token)
        assert result["data"] == [2] and result["expires"] and 58 <= result["ttl"] <= 60
        await post(ann, lobby, "not there")
        await in_database(publish, f"chat:{private.slug}", "message", {})
        assert (await client.push())["channel"] == "chat:private"
        over = signed(sub=me, channel="chat:lobby", exp=int(time.time()) - 5)
        assert await client.refused("subscribe", channel="chat:lobby", token=over) == 109
        await client.send({"id": 99, "subscribe": {"channel": "chat:lobby", "token": token}})
        assert await client.close_code() == 3500


async def test_a_subscription_ends_with_its_token_unless_it_is_refreshed(
    ann: User, other_backend: None, boards: Boards, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rules, "GRACE", 0.1)

    def token(stream: str, seconds: int) -> str:
        return signed(sub=str(ann.pk), channel=stream, exp=int(time.time()) + seconds)

    async with connected(ann) as client:
        for stream in ("board:a", "board:b"):
            await client.done("subscribe", channel=stream, token=token(stream, 2))
        # As a client does that names the stream in the token alone.
        result = await client.done("sub_refresh", token=token("board:b", 60))
        assert result["expires"] and 58 <= result["ttl"] <= 60
        push = await client.push()
        assert push == {"channel": "board:a", "unsubscribe": {"code": 2501, "reason": "subscription expired"}}
        await in_database(publish, "board:a", "message", {})
        await in_database(publish, "board:b", "message", {})
        assert (await client.push())["channel"] == "board:b"


async def test_refreshing_a_subscription_is_refused_where_there_is_nothing_to_refresh(
    ann: User, other_backend: None, boards: Boards
) -> None:
    me = str(ann.pk)

    async def subscribed(client: Client) -> None:
        await client.done("connect", token=token_of(ann))
        await client.done("subscribe", channel="board:a", token=signed(sub=me, channel="board:a"))
        await client.done("subscribe", channel="board:b")

    async with opened() as client:
        await subscribed(client)
        assert await client.refused("sub_refresh", channel="board:c", token="x") == 103
        assert await client.refused("sub_refresh", channel="board:a") == 107
        over = signed(sub=me, channel="board:a", exp=int(time.time()) - 5)
        assert await client.refused("sub_refresh", channel="board:a", token=over) == 110
    ends: list[tuple[JSONObject, int]] = [
        ({}, 3501),
        ({"channel": "board:b", "token": signed(sub=me, channel="board:b")}, 3501),
        ({"channel": "board:a", "token": signed(sub=me, channel="board:b")}, 3500),
        ({"channel": "board:a", "token": "no token"}, 3500),
    ]
    for request, code in ends:
        async with opened() as client:
            await subscribed(client)
            await client.send({"id": 99, "sub_refresh": request})
            assert await client.close_code() == code


class Cached(Boards):
    """Streams `cached:…`, of which the newest event is enough, and which clients may have as differences."""

    prefix = "cached"
    force_recovery_mode = "cache"
    allowed_delta_types = ("fossil",)


async def test_of_a_stream_whose_newest_event_is_enough_no_other_is_told(ann: User) -> None:
    with registered(Cached()):
        await fill("cached:a", 4)
        async with connected(ann) as client:
            result = await client.done("subscribe", channel="cached:a", recover=True, offset=1)
            assert result["recovered"] and result["offset"] == 4 and offsets(result["publications"]) == [4]
            await client.done("unsubscribe", channel="cached:a")
            again = await client.done("subscribe", channel="cached:a", recover=True, offset=4, epoch=result["epoch"])
            assert again["recovered"] and "publications" not in again
            await client.done("subscribe", channel="cached:empty", recover=True)


async def test_differences_are_granted_where_the_namespace_allows_them(ann: User, boards: Boards) -> None:
    with registered(Cached()):
        async with connected(ann) as client:
            assert "delta" not in await client.done("subscribe", channel="board:a", delta="fossil")
            assert (await client.done("subscribe", channel="cached:a", delta="fossil"))["delta"] is True
            whole = {"n": 1, "text": "what is said again and again"}
            await in_database(publish, "cached:a", "message", whole)
            # The first is whole, as a text.
            first = await client.publication()
            assert json.loads(first["data"]) == whole and "delta" not in first
            await in_database(publish, "cached:a", "message", whole | {"n": 2})
            second = await client.publication()
            made = fossil.apply(first["data"].encode(), second["data"].encode())
            assert second["delta"] is True and json.loads(made) == whole | {"n": 2}


async def test_whoever_comes_back_begins_with_a_whole_event(ann: User) -> None:
    with registered(Cached()):
        for number in (1, 2):
            await in_database(publish, "cached:a", "message", {"n": number, "text": "what is said again and again"})
        async with connected(ann) as client:
            result = await client.done("subscribe", channel="cached:a", delta="fossil", recover=True, offset=1)
            [missed] = result["publications"]
            assert json.loads(missed["data"])["n"] == 2 and "delta" not in missed
            await in_database(publish, "cached:a", "message", {"n": 3, "text": "what is said again and again"})
            next_ = await client.publication()
            assert json.loads(next_["data"])["n"] == 3 and "delta" not in next_


class Asked(Boards):
    """Streams `asked:…`, whose clients are told of positions only where they ask for them."""

    prefix = "asked"
    force_positioning = False
    force_recovery = False


async def test_a_position_is_told_to_those_who_ask_for_it_where_the_namespace_says_so(ann: User) -> None:
    with registered(Asked()):
        await fill("asked:a", 2)
        async with connected(ann) as client:
            assert await client.done("subscribe", channel="asked:a", recover=True, offset=1) == {}
            await client.done("unsubscribe", channel="asked:a")
            positioned = await client.done("subscribe", channel="asked:a", positioned=True)
            assert positioned["offset"] == 2 and "recoverable" not in positioned
            await client.done("unsubscribe", channel="asked:a")
            result = await client.done("subscribe", channel="asked:a", recoverable=True, recover=True, offset=1)
            assert offsets(result["publications"]) == [2]
