"""An address beside Django: who may use it, how, and how much it takes."""

import pytest
from pytest_django import Settings

from hub.core.asgi import Receive, Scope, Send
from hub.sessions.cross_origin import Headers, header
from hub.sessions.endpoint import Endpoint, answer, read_body
from tests.unit.hub.sessions.exchanges import Exchange, scope_of

FOREIGN = "https://evil.example"
FRIEND = "https://app.example.com"


@pytest.fixture(autouse=True)
def _friends(settings: Settings) -> None:
    settings.HUBBUB_ALLOWED_ORIGINS = [FRIEND]


async def echo(scope: Scope, receive: Receive, send: Send, allow: Headers) -> None:
    body = await read_body(receive, 10)
    await answer(send, 200, allow, body + header(scope, b"origin").encode())


ECHO = Endpoint(echo, "POST")


async def asked(scope: Scope, *body: bytes) -> Exchange:
    exchange = Exchange(scope, *body)
    await exchange.run(ECHO)
    return exchange


async def test_a_program_needs_no_origin() -> None:
    exchange = await asked(scope_of("POST"), b"hi")
    assert (exchange.status, exchange.body) == (200, "hi")
    assert not any(name.startswith("access-control") for name in exchange.headers)


@pytest.mark.parametrize("origin", [FRIEND, "https://testserver"])
async def test_a_page_of_an_allowed_origin_may_read_the_answer(origin: str) -> None:
    exchange = await asked(scope_of("POST", origin=origin))
    assert exchange.headers["access-control-allow-origin"] == origin
    assert exchange.headers["access-control-allow-credentials"] == "true"
    assert exchange.headers["vary"] == "Origin"


@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
async def test_a_page_of_a_foreign_origin_gets_nothing_and_may_not_read_even_that(method: str) -> None:
    exchange = await asked(scope_of(method, origin=FOREIGN), b"hi")
    assert exchange.status == 403
    assert not any(name.startswith("access-control") for name in exchange.headers)


async def test_a_browser_that_asks_beforehand_is_told_what_it_may_send_and_for_how_long_that_holds() -> None:
    exchange = await asked(scope_of("OPTIONS", origin=FRIEND))
    assert (exchange.status, exchange.body) == (204, "")
    assert exchange.headers["access-control-allow-origin"] == FRIEND
    assert exchange.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert "Content-Type" in exchange.headers["access-control-allow-headers"]
    assert exchange.headers["access-control-max-age"] == "300"


async def test_another_method_is_refused_with_those_that_there_are() -> None:
    exchange = await asked(scope_of("PUT", origin=FRIEND))
    assert exchange.status == 405
    assert exchange.headers["allow"] == "POST, OPTIONS"
    assert exchange.headers["access-control-allow-origin"] == FRIEND


async def test_a_body_is_taken_up_to_its_limit_whatever_it_comes_in() -> None:
    assert (await asked(scope_of("POST"), b"12345", b"67890")).status == 200
    assert (await asked(scope_of("POST"), b"12345", b"678901")).status == 413


async def test_whoever_goes_away_before_the_body_is_whole_is_answered_nothing() -> None:
    exchange = Exchange(scope_of("POST"), b"12", b"")
    exchange._incoming.get_nowait(), exchange._incoming.get_nowait()
    exchange.leave()
    await exchange.run(ECHO)
    assert exchange.sent == []


async def test_a_request_of_the_sites_own_page_has_an_origin_also_where_the_browser_sends_none() -> None:
    own = scope_of("POST", sec_fetch_site="same-origin")
    assert (await asked(own)).body == "https://testserver"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
async def test_a_request_of_no_page_of_the_site_gets_no_origin(site: str) -> None:
    assert (await asked(scope_of("POST", sec_fetch_site=site))).body == ""
