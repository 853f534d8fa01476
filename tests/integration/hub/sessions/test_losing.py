"""What a client loses while it is connected: its rights (P5), and its place in a stream (P3)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from chat.models import Membership, Room
from hub import log, revocation, tokens
from hub.database import in_database
from hub.models import Event, Stream
from hub.publish import Draft, publish, publish_many
from hub.runtime import get_dispatcher, get_runtime
from tests.integration.hub.boards import Boards
from tests.integration.hub.sessions.client import connected, opened, token_of
from tests.unit.hub.tokens_of_others import signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]


@pytest.fixture
def den(ann: User) -> Room:
    """A private room with Ann in it."""
    room = Room.objects.create(slug="den", title="Den", is_private=True)
    Membership.objects.create(room=room, user=ann)
    return room


def disable(user: User) -> None:
    user.is_active = False
    user.save()


async def test_who_may_not_read_a_stream_any_more_is_unsubscribed_and_keeps_the_others(
    ann: User, den: Room, lobby: Room
) -> None:
    async with connected(ann) as client:
        await client.done("subscribe", channel="chat:den")
        await client.done("subscribe", channel="chat:lobby")
        await in_database(lambda: Membership.objects.get(room=den).delete())
        while "unsubscribe" not in (push := await client.push()):
            pass
        assert push["channel"] == "chat:den"
        # Below 2500: a client that would come back at once would be refused again, and again.
        assert push["unsubscribe"]["code"] == 2102
        assert await client.refused("subscribe", channel="chat:den") == 102
        await in_database(publish, "chat:den", "message", {})
        await in_database(publish, "chat:lobby", "message", {"n": 1})
        assert (await client.publication())["data"] == {"n": 1}


async def test_who_has_logged_out_is_sent_away(ann: User, cookie: str) -> None:
    headers = [(b"host", b"testserver"), (b"origin", b"http://testserver"), (b"cookie", cookie.encode())]
    async with opened(headers=headers) as client:
        await client.done("connect")
        await in_database(lambda: Session.objects.get().delete())
        assert await client.close_code() == 3500


async def test_a_disabled_user_is_sent_away_whoever_has_signed_the_token(ann: User, other_backend: None) -> None:
    async with opened() as own, opened() as other:
        await own.done("connect", token=token_of(ann))
        await other.done("connect", token=signed(sub=str(ann.pk)))
        await in_database(disable, ann)
        assert await own.close_code() == 3500
        assert await other.close_code() == 3500


async def test_a_guest_stays(ann: User, other_backend: None) -> None:
    async with opened() as client:
        await client.done("connect", token=signed(sub="somebody"))
        await in_database(disable, ann)
        runtime = await get_runtime()
        watched = [one for own in runtime.revoker._connections.values() for one in own]
        await runtime.revoker._check(watched)
        assert await client.done("ping") == {}


async def test_whatever_is_not_told_is_found_in_the_next_round(
    ann: User, den: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "ROUND", 1.0)
    async with connected(ann) as client:
        await client.done("subscribe", channel="chat:den")
        # Behind the back of the signals.
        await in_database(lambda: Membership.objects.filter(room=den)._raw_delete("default"))
        while "unsubscribe" not in (push := await client.push()):
            pass
        assert push["unsubscribe"]["code"] == 2102


async def test_a_stream_that_a_token_grants_stays(ann: User, den: Room, other_backend: None) -> None:
    async with connected(ann) as client:
        token = signed(sub=str(ann.pk), channel="chat:den")
        await client.done("subscribe", channel="chat:den", token=token)
        await in_database(lambda: Membership.objects.get(room=den).delete())
        await in_database(publish, "chat:den", "message", {"n": 1})
        while (publication := await client.publication()).get("data") != {"n": 1}:
            assert publication["tags"]


async def begin_anew(stream: str) -> None:
    """Let a stream begin a new life, as after an older copy of the database was put in its place."""

    def renew() -> None:
        Event.objects.filter(stream__name=stream).delete()
        Stream.objects.filter(name=stream).update(head=0, floor=0)
        log.renew_epochs()

    await in_database(renew)
    await (await get_dispatcher()).sweep([stream])


async def test_a_subscription_whose_stream_begins_anew_is_to_be_made_again(ann: User, boards: Boards) -> None:
    await in_database(publish, "board:a", "message", {})
    async with connected(ann) as client:
        first = await client.done("subscribe", channel="board:a")
        await begin_anew("board:a")
        unsubscribe = {"code": 2500, "reason": "insufficient state"}
        assert await client.push() == {"channel": "board:a", "unsubscribe": unsubscribe}
        position = {"offset": first["offset"], "epoch": first["epoch"]}
        again = await client.done("subscribe", channel="board:a", recover=True, **position)
        assert again["was_recovering"] and "recovered" not in again and again["epoch"] != first["epoch"]


async def test_who_subscribes_while_the_stream_begins_anew_is_not_left_without_it(ann: User, boards: Boards) -> None:
    await in_database(publish, "board:a", "message", {})
    async with connected(ann) as other, connected(ann) as client:
        former = await other.done("subscribe", channel="board:a")
        await in_database(lambda: Stream.objects.filter(name="board:a").update(epoch="another"))
        # It claims to stand further than the process does: so that looks, and finds that all is new.
        told = await client.done("subscribe", channel="board:a", recover=True, offset=5, epoch=former["epoch"])
        assert "recovered" not in told
        await in_database(publish, "board:a", "message", {"n": 2})
        push = await client.push()
        # Where the process had found that out before by itself, there is nothing to be said of it.
        assert push.get("pub", {}).get("offset") == 2 or push["unsubscribe"]["code"] == 2500


async def test_whoever_came_to_an_empty_stream_is_told_when_what_followed_is_no_longer_kept(
    ann: User, boards: Boards
) -> None:
    async with connected(ann) as client:
        first = await client.done("subscribe", channel="board:a")
        assert first.get("offset", 0) == 0
        await client.done("unsubscribe", channel="board:a")
        await in_database(publish_many, "board:a", [Draft("message", number) for number in range(5)])
        await in_database(log.trim, "board:a", 3)
        await (await get_dispatcher()).sweep(["board:a"])
        again = await client.done("subscribe", channel="board:a", recover=True, epoch=first["epoch"], offset=0)
        assert again["was_recovering"] and "recovered" not in again and again["offset"] == 5


async def test_a_session_whose_own_stream_begins_anew_is_to_be_opened_again(ann: User) -> None:
    inbox = f"inbox#{ann.pk}"
    await in_database(publish, inbox, "message", {})
    async with connected(ann) as client:
        await begin_anew(inbox)
        assert await client.close_code() == 3010


async def test_an_own_token_ends_a_session_with_it(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.tokens.own.LEEWAY", 0)
    monkeypatch.setattr("hub.core.session.GRACE", 0.1)
    async with opened() as client:
        await client.done("connect", token=tokens.issue(ann, timedelta(seconds=1)))
        assert await client.close_code() == 3005
