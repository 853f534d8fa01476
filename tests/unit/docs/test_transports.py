"""The page of transports tells all addresses of sessions and what they take, and no others."""

import asyncio

import pytest

from hub.core.event_ids import MAX_ID, NOWHERE, EventIds, read_event_id
from hub.core.events import Position
from hub.routing import session_urlpatterns
from hub.sessions.cross_origin import MAX_AGE
from hub.sessions.positions import NEVER
from hub.sessions.routing import ADDRESSES
from tests.unit.docs.pages import blocks, code, read, rows, section
from tests.unit.hub.sessions.exchanges import Exchange, scope_of

PAGE = read("docs/reference/transports.md")
METHODS = {code(row[0])[0]: row[1] for row in rows(section(PAGE, "Addresses"))}


def test_every_address_is_on_the_page_and_no_other() -> None:
    sockets = {f"/{pattern.pattern}" for pattern in session_urlpatterns}
    assert {address for address, methods in METHODS.items() if methods == "WebSocket"} == sockets
    assert METHODS.keys() == sockets | ADDRESSES.keys()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_takes_the_methods_on_the_page(address: str) -> None:
    exchange = Exchange(scope_of("PATCH", address))
    asyncio.run(exchange.run(ADDRESSES[address]))
    assert exchange.headers["allow"] == f"{METHODS[address]}, OPTIONS"


def test_the_id_on_the_page_is_the_one_of_a_reader_who_stands_there() -> None:
    ids = EventIds()
    ids.enter("chat:lobby", Position("QbKV-mDw", 41))
    ids.enter("inbox#42", Position("aB3d_x1q", 9))
    assert f"id: {ids.at('chat:lobby', 42)}\n" in PAGE
    assert read_event_id(NOWHERE) is None
    assert f"`{NOWHERE}`" in PAGE


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"{MAX_ID:,} characters" in PAGE
    assert f"{MAX_AGE} seconds" in PAGE
    assert NEVER == 3_600_000
    assert "`retry:` is an hour" in PAGE


def test_the_messages_on_the_page_are_pushes_with_nothing_around_them() -> None:
    assert blocks(PAGE, "json")
    assert all('"push"' not in block for block in blocks(PAGE, "json"))
