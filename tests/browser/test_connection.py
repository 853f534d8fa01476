"""Dropped connections: they show themselves, come back and miss nothing."""

import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.pages import Person
from tests.servers import HubServer

#: Milliseconds in which a server that was killed is there again, on a slow machine, and the page has found it.
NEW_SERVER = 60_000

_NO_SOCKETS = """
window.WebSocket = class {
    constructor() { setTimeout(() => this.onclose(new CloseEvent("close", { code: 1006 }))); }
    close() {}
};
"""


def test_one_socket_carries_the_rooms_and_the_inbox(open_page: OpenPage, make_person: MakePerson) -> None:
    reader = make_person()
    ann, bob = open_page(make_person()), open_page(reader)
    sockets: list[str] = []
    bob.page.on("websocket", lambda socket: sockets.append(socket.url))
    first, second = ann.make_room(), ann.make_room()
    bob.open_room(first)
    bob.room_link(f"Title of {second}").click()
    bob.expect_live()
    ann.post(second, f"@{reader.username} look")
    bob.expect_messages(f"@{reader.username} look")
    expect(bob.unread).to_have_attribute("data-unread", "1")
    bob.room_link(f"Title of {first}").click()
    ann.post(first, "and here")
    bob.expect_messages("and here")
    assert sockets == [f"{bob.url.replace('http', 'ws')}/connection/websocket"]


@pytest.mark.parametrize(
    ("blocked", "carries"), [((), "http_stream"), (("**/connection/http_stream",), "sse")], ids=["stream", "sse"]
)
def test_where_no_socket_gets_through_something_else_does(
    open_page: OpenPage, make_person: MakePerson, blocked: tuple[str, ...], carries: str
) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    ann.open_room(room)
    # As behind a proxy that knows no WebSockets.
    bob.page.add_init_script(_NO_SOCKETS)
    for pattern in blocked:
        bob.page.route(pattern, lambda route: route.abort())
    with bob.page.expect_request(f"**/connection/{carries}*"):
        bob.open_room(room)
    ann.say("can you hear me?")
    bob.expect_messages("can you hear me?")
    bob.page.context.set_offline(True)
    expect(bob.status).to_have_text("Offline")
    bob.say("loud and clear")
    ann.say("still there?")
    ann.expect_messages("can you hear me?", "still there?")
    bob.page.context.set_offline(False)
    for page in (ann, bob):
        page.expect_messages("can you hear me?", "still there?", "loud and clear")
    bob.expect_live()


def test_a_reader_who_was_offline_misses_nothing(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    ann.post(room, "before")
    for page in (ann, bob):
        page.open_room(room)
    bob.page.context.set_offline(True)
    expect(bob.status).to_have_text("Offline")
    expect(bob.banner).to_contain_text("You are offline.")
    for text in ("one", "two", "three"):
        ann.say(text)
    ann.expect_messages("before", "one", "two", "three")
    bob.expect_messages("before")
    bob.page.context.set_offline(False)
    bob.expect_messages("before", "one", "two", "three")
    bob.expect_live()
    expect(bob.page.get_by_role("status")).to_have_text("Back online. You have missed nothing.")


def test_what_is_written_offline_waits_and_goes_out_once_and_in_order(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    for page in (ann, bob):
        page.open_room(room)
    ann.page.context.set_offline(True)
    expect(ann.status).to_have_text("Offline")
    for text in ("first", "second", "third"):
        ann.say(text)
    expect(ann.waiting).to_have_count(3)
    expect(ann.waiting.first).to_contain_text("Waiting for the connection")
    ann.page.context.set_offline(False)
    for page in (ann, bob):
        page.expect_messages("first", "second", "third")


def test_what_was_written_goes_out_even_when_its_room_was_left(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room, other = ann.make_room(), ann.make_room()
    ann.open_room(room)
    bob.open_room(room)
    ann.page.context.set_offline(True)
    ann.say("do not lose me")
    expect(ann.waiting).to_have_count(1)
    ann.room_link(f"Title of {other}").click()
    ann.page.context.set_offline(False)
    bob.expect_messages("do not lose me")


def test_what_the_hub_refuses_says_why_and_can_be_discarded(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    bob.open_room(room)
    bob.page.context.set_offline(True)
    bob.say("too late")
    expect(bob.waiting).to_have_count(1)
    ann.api("patch", f"rooms/{room}/", {"is_closed": True})
    bob.page.context.set_offline(False)
    refused = bob.waiting.get_by_role("alert")
    expect(refused).to_contain_text("Not sent. Room is closed.")
    refused.get_by_role("button", name="Discard").click()
    bob.expect_messages()
    expect(bob.page.get_by_text("This room is closed.")).to_be_visible()


def test_the_hub_may_stop_and_start_again(open_page: OpenPage, start_hub: Callable[..., HubServer]) -> None:
    port = _free_port()
    first = start_hub("--port", port)
    url = first.url
    demo = open_page(Person("demo", "demo"), url=url)
    guest = open_page(Person("guest", "guest"), url=url)
    room = demo.make_room()
    for page in (demo, guest):
        page.open_room(room)
    first.stop()
    expect(demo.status).to_have_text("Reconnecting")
    expect(demo.banner).to_contain_text("Connection lost.")
    demo.say("written in between")
    expect(demo.waiting).to_have_count(1)
    assert start_hub("--port", port).url == url
    for page in (demo, guest):
        page.expect_messages("written in between")
        page.expect_live()


def test_whatever_is_written_while_its_server_is_killed_appears_once_and_in_order(
    open_page: OpenPage, start_hub: Callable[..., HubServer]
) -> None:
    hub = start_hub("--workers", "1")
    demo = open_page(Person("demo", "demo"), url=hub.url)
    guest = open_page(Person("guest", "guest"), url=hub.url)
    room = demo.make_room()
    for page in (demo, guest):
        page.open_room(room)
    texts = [f"number {number}" for number in range(8)]
    for text in texts[:4]:
        demo.say(text)
    (process,) = hub.processes_of("hub.server")
    process.kill()
    for text in texts[4:]:
        demo.say(text)
    for page in (demo, guest):
        page.expect_messages(*texts, patience=NEW_SERVER)
        page.expect_live()


def test_whoever_is_removed_from_a_room_is_told_at_once(open_page: OpenPage, make_person: MakePerson) -> None:
    bob = make_person()
    ann, reader = open_page(make_person()), open_page(bob)
    room = ann.make_room(is_private=True)
    ann.api("post", f"rooms/{room}/members/", {"username": bob.username})
    reader.open_room(room)
    ann.api("delete", f"rooms/{room}/members/{bob.username}/", {})
    expect(reader.page.get_by_role("alert")).to_contain_text("This room cannot be shown.")
    expect(reader.room_link(f"Title of {room}")).to_have_count(0)
    reader.page.get_by_role("button", name="Choose another room").click()
    expect(reader.page).to_have_url(f"{reader.url}/")


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
