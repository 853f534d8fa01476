"""Two people in a room."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage


def test_a_message_appears_in_the_second_browser_at_once(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    for page in (ann, bob):
        page.open_room(room)
    ann.say("Hello, Bob")
    bob.expect_messages("Hello, Bob")
    bob.say("Hello, Ann")
    for page in (ann, bob):
        page.expect_messages("Hello, Bob", "Hello, Ann")


def test_typing_shows_and_expires(open_page: OpenPage, make_person: MakePerson) -> None:
    writer = make_person()
    ann, bob = open_page(writer), open_page(make_person())
    room = ann.make_room()
    for page in (ann, bob):
        page.open_room(room)
    ann.composer.press_sequentially("Let me think")
    expect(bob.typing).to_have_text(f"{writer.username} is typing…")
    expect(ann.typing).to_have_text("")
    expect(bob.typing).to_have_text("")
    bob.expect_messages()


def test_typing_ends_with_the_message(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    for page in (ann, bob):
        page.open_room(room)
    ann.composer.press_sequentially("Here it comes")
    expect(bob.typing).to_contain_text("is typing")
    ann.composer.press("Enter")
    bob.expect_messages("Here it comes")
    # Long before it would have expired.
    expect(bob.typing).to_have_text("", timeout=1_000)


def test_html_in_a_body_is_shown_as_text(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    ann.open_room(ann.make_room())
    body = "<b>bold</b> <img src=x onerror=alert(1)> <script>alert(1)</script> &amp;"
    ann.say(body)
    ann.expect_messages(body)
    expect(ann.messages.locator("b, img, script")).to_have_count(0)


def test_only_web_addresses_become_links_and_they_learn_nothing_of_the_page(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann = open_page(make_person())
    ann.open_room(ann.make_room())
    ann.say("see https://docs.example/a?b=1. and javascript:alert(1)")
    link = ann.messages.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://docs.example/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")


def test_an_edit_and_a_deletion_reach_the_reader(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    bob.open_room(room)
    ids = [ann.api("post", f"rooms/{room}/messages/", {"body": body}).json()["id"] for body in ("one", "two")]
    bob.expect_messages("one", "two")
    ann.api("patch", f"rooms/{room}/messages/{ids[0]}/", {"body": "uno"})
    expect(bob.messages).to_have_text(["uno (edited)", "two"])
    ann.api("delete", f"rooms/{room}/messages/{ids[1]}/", {})
    expect(bob.messages).to_have_text(["uno (edited)"])


def test_older_messages_are_loaded_at_the_top_and_the_reader_keeps_his_place(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann = open_page(make_person())
    room = ann.make_room()
    ann.post(room, *[f"number {number}" for number in range(60)])
    ann.open_room(room)
    expect(ann.messages).to_have_count(50)
    expect(ann.messages.last).to_be_in_viewport()
    ann.messages.nth(0).scroll_into_view_if_needed()
    expect(ann.messages).to_have_count(60)
    expect(ann.page.get_by_text("number 10", exact=True)).to_be_in_viewport()
    expect(ann.messages.first).to_have_text("number 0")
    expect(ann.messages.first).not_to_be_in_viewport()


def test_whoever_reads_older_messages_is_not_pulled_away_by_new_ones(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    ann.post(room, *[f"number {number}" for number in range(50)])
    bob.open_room(room)
    bob.messages.nth(5).scroll_into_view_if_needed()
    expect(bob.messages.last).not_to_be_in_viewport()
    ann.post(room, "something new")
    more = bob.page.get_by_role("button", name="1 new message")
    expect(more).to_be_visible()
    expect(bob.messages.nth(5)).to_be_in_viewport()
    more.click()
    expect(bob.messages.last).to_be_in_viewport()
    expect(bob.messages.last).to_have_text("something new")
    expect(more).to_have_count(0)
    # At the end one stays at the end.
    ann.post(room, "and more")
    expect(bob.page.get_by_text("and more", exact=True)).to_be_in_viewport()


def test_the_address_names_the_room_and_back_and_forward_and_reload_work(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann = open_page(make_person())
    first, second = ann.make_room(), ann.make_room()
    ann.post(first, "in the first")
    ann.post(second, "in the second")
    ann.open_room(first)
    ann.room_link(f"Title of {second}").click()
    expect(ann.page).to_have_url(f"{ann.url}/?room={second}")
    ann.expect_messages("in the second")
    ann.page.go_back()
    ann.expect_messages("in the first")
    ann.page.go_forward()
    ann.expect_messages("in the second")
    ann.page.reload()
    ann.expect_messages("in the second")
    expect(ann.page).to_have_title(f"Title of {second} · Hubbub")


def test_a_message_that_is_too_long_is_not_sent_and_says_so(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    ann.open_room(ann.make_room())
    ann.composer.fill("x" * 4_001)
    expect(ann.page.get_by_role("alert")).to_have_text(re.compile("4,000 characters at most. This one has 4,001"))
    ann.composer.press("Enter")
    ann.composer.fill("short")
    ann.composer.press("Enter")
    ann.expect_messages("short")


def test_a_draft_waits_in_its_room(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    first, second = ann.make_room(), ann.make_room()
    ann.open_room(first)
    ann.composer.fill("half a thought")
    ann.room_link(f"Title of {second}").click()
    expect(ann.composer).to_have_value("")
    ann.page.go_back()
    expect(ann.composer).to_have_value("half a thought")
