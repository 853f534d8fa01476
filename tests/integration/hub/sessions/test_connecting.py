"""Connecting: with what a client may come, what it is told, and how it is sent away."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chat.models import Room
from hub import tokens
from hub.core import session as rules
from tests.integration.hub.sessions.client import connected, opened, token_of
from tests.unit.hub.tokens_of_others import signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

OWN_PAGE = (b"origin", b"http://testserver")
HOST = (b"host", b"testserver")


async def test_a_client_is_told_who_it_is_and_how_often_it_is_pinged(ann: User) -> None:
    async with opened() as client:
        result = await client.done("connect", token=token_of(ann))
        assert uuid.UUID(result.pop("client")).version == 4
        assert result.pop("version").startswith("hubbub ")
        assert 55 <= result.pop("ttl") <= 60
        assert result.pop("subs").keys() == {f"inbox#{ann.pk}"}
        assert result == {"expires": True, "ping": 25, "pong": True}


async def test_a_browser_that_is_logged_in_needs_no_token(cookie: str) -> None:
    async with opened(headers=[HOST, OWN_PAGE, (b"cookie", cookie.encode())]) as client:
        result = await client.done("connect")
        # What proves it has no end that is known beforehand.
        assert "expires" not in result


async def test_a_page_of_a_foreign_origin_is_refused_before_anything_is_accepted(cookie: str) -> None:
    headers = [HOST, (b"origin", b"http://evil.example"), (b"cookie", cookie.encode())]
    with pytest.raises(AssertionError):
        async with opened(headers=headers):
            pass


async def test_the_bearer_token_of_the_handshake_is_as_good_as_one_in_the_command(bearer: tuple[bytes, bytes]) -> None:
    async with opened(headers=[bearer]) as client:
        await client.done("connect")


@pytest.mark.parametrize(("token", "code"), [("", 3501), ("not a token", 3500)])
async def test_who_proves_nothing_is_sent_away(token: str, code: int) -> None:
    async with opened() as client:
        await client.send({"id": 1, "connect": {"token": token}})
        assert await client.close_code() == code


async def test_a_token_whose_time_has_passed_is_refused_so_that_the_client_gets_another_one(
    other_backend: None,
) -> None:
    async with opened() as client:
        assert await client.refused("connect", token=signed(exp=int(time.time()) - 5)) == 109
        await client.send({"id": 2, "ping": {}})
        assert await client.close_code() == 3501


async def test_what_was_sent_along_with_a_refused_connect_is_passed_over(other_backend: None, lobby: Room) -> None:
    async with opened() as client:
        connect = {"id": 1, "connect": {"token": signed(exp=int(time.time()) - 5)}}
        await client.send(connect, {"id": 2, "subscribe": {"channel": "chat:lobby"}})
        assert (await client.receive())["error"]["code"] == 109
        # The client comes back by itself, unless it is told not to.
        assert await client.communicator.receive_nothing(0.2)


async def test_a_client_whom_the_site_does_not_know_is_let_in_where_guests_are(other_backend: None) -> None:
    async with opened() as client:
        assert "subs" not in await client.done("connect", token=signed(sub="somebody"))


async def test_what_may_not_come_first_ends_the_connection(cookie: str) -> None:
    for frame in (
        '{"id":1,"subscribe":{"channel":"chat:lobby"}}',
        "{}",
        "",
        "no JSON",
        '{"id":1,"connect":{}}\n{"id":2,"connect":{}}',
        '{"id":1}',
        '{"id":0,"connect":{}}',
    ):
        async with opened(headers=[HOST, OWN_PAGE, (b"cookie", cookie.encode())]) as client:
            await client.send_text(frame)
            assert await client.close_code() == 3501, frame


async def test_who_says_nothing_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "STALE", 0.2)
    async with opened() as client:
        assert await client.close_code() == 3502


async def test_the_server_pings_and_a_client_that_answers_stays(ann: User, settings: Settings) -> None:
    settings.HUBBUB_PING_INTERVAL = 0.2
    async with connected(ann) as client:
        for _ in range(3):
            assert await client.receive() == {}
            await client.send({})
        assert await client.done("ping") == {}


async def test_a_client_that_answers_no_ping_is_sent_away(ann: User, settings: Settings) -> None:
    settings.HUBBUB_PING_INTERVAL = 0.2
    settings.HUBBUB_PONG_TIMEOUT = 0.2
    async with connected(ann) as client:
        assert await client.close_code() == 3012


async def test_a_client_whose_transport_pings_is_not_pinged_besides(ann: User, settings: Settings) -> None:
    settings.HUBBUB_PING_INTERVAL = 0.1
    async with opened("?cf_ws_frame_ping_pong=true") as client:
        result = await client.done("connect", token=token_of(ann))
        assert "ping" not in result and "pong" not in result
        # Long after a ping would have come, nothing has.
        assert await client.communicator.receive_nothing(0.5)
        assert await client.done("ping") == {}


async def test_a_pong_that_nobody_asked_for_does_no_harm(ann: User) -> None:
    async with connected(ann) as client:
        await client.send({}, {})
        assert await client.done("ping") == {}


async def test_a_connection_ends_with_its_token(ann: User, other_backend: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "GRACE", 0.1)
    async with opened() as client:
        # `ttl` is a whole number, and at least 1.
        result = await client.done("connect", token=signed(sub=str(ann.pk), exp=time.time() + 0.6))
        assert result["expires"] and result["ttl"] == 1
        assert await client.close_code() == 3005


async def test_a_connection_that_is_refreshed_goes_on(ann: User, other_backend: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "GRACE", 0.1)
    async with opened() as client:
        first = await client.done("connect", token=signed(sub=str(ann.pk), exp=time.time() + 1))
        again = await client.done("refresh", token=signed(sub=str(ann.pk), exp=int(time.time()) + 60))
        assert again["client"] == first["client"] and again["expires"] and 58 <= again["ttl"] <= 60
        assert await client.communicator.receive_nothing(1.5)
        assert await client.done("ping") == {}


async def test_who_refreshes_with_nothing_or_with_the_token_of_another_user_is_sent_away(
    ann: User, other_backend: None
) -> None:
    refused = {"": 3501, signed(sub="7777"): 3500, "no token": 3500, signed(exp=int(time.time()) - 5): 3005}
    for token, code in refused.items():
        async with opened() as client:
            await client.done("connect", token=signed(sub=str(ann.pk)))
            await client.send({"id": 2, "refresh": {"token": token}})
            assert await client.close_code() == code


async def test_a_message_that_is_too_large_ends_the_connection_for_good(ann: User) -> None:
    async with connected(ann) as client:
        await client.send_text("{}" + " " * 65_535)
        assert await client.close_code() == 1009


async def test_who_goes_on_sending_what_makes_no_sense_is_sent_away(ann: User, settings: Settings) -> None:
    settings.HUBBUB_MAX_ERRORS = 3
    async with connected(ann) as client:
        assert await client.refused("rpc", method="no such") == 104
        assert await client.refused("rpc", method="no such") == 104
        await client.send({"id": 9, "rpc": {"method": "no such"}})
        assert await client.close_code() == 3509


async def test_a_token_of_the_hub_that_has_an_hour_left_is_told_so(ann: User) -> None:
    async with opened() as client:
        result = await client.done("connect", token=tokens.issue(ann, timedelta(hours=1)))
        assert 3_590 <= result["ttl"] <= 3_600
