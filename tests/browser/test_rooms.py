"""The list of rooms: which are there, making one, joining, members."""

from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage


def test_a_private_room_is_listed_for_its_members_alone(open_page: OpenPage, make_person: MakePerson) -> None:
    bob = make_person()
    ann, other = open_page(make_person()), open_page(bob)
    room = ann.make_room(is_private=True)
    title = f"Title of {room}"
    ann.page.reload()
    expect(ann.room_link(title)).to_be_visible()
    other.page.reload()
    expect(other.room_link("Lobby")).to_be_visible()
    expect(other.room_link(title)).to_have_count(0)
    ann.open_room(room)
    ann.page.get_by_role("button", name="Members").click()
    ann.page.get_by_label("Add somebody").fill(bob.username)
    ann.page.get_by_role("button", name="Add", exact=True).click()
    expect(ann.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    other.page.reload()
    expect(other.room_link(title)).to_be_visible()


def test_adding_somebody_unknown_says_so_beside_the_field(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    ann.open_room(ann.make_room())
    ann.page.get_by_role("button", name="Members").click()
    ann.page.get_by_label("Add somebody").fill("nobody-of-that-name")
    ann.page.keyboard.press("Enter")
    expect(ann.page.get_by_role("alert")).to_contain_text("There is no active user 'nobody-of-that-name'.")


def test_a_public_room_can_be_joined_and_left(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    title = f"Title of {ann.make_room()}"
    bob.page.reload()
    bob.page.get_by_role("button", name=f"Join {title}").click()
    expect(bob.page.get_by_role("button", name=f"Join {title}")).to_have_count(0)
    bob.room_link(title).click()
    bob.page.get_by_role("button", name="Members").click()
    bob.page.get_by_role("button", name="Leave this room").click()
    expect(bob.page.get_by_role("button", name=f"Join {title}")).to_be_visible()


def test_writing_in_a_public_room_joins_it(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    bob.open_room(room)
    expect(bob.page.get_by_text("Writing here joins the room.")).to_be_visible()
    bob.say("Here I am")
    expect(bob.page.get_by_text("Writing here joins the room.")).to_have_count(0)
    expect(bob.page.get_by_role("button", name=f"Join Title of {room}")).to_have_count(0)


def test_a_new_room_opens_and_its_address_follows_the_name(open_page: OpenPage, make_person: MakePerson) -> None:
    person = make_person()
    ann = open_page(person)
    ann.page.get_by_role("button", name="New room").click()
    ann.page.get_by_label("Name").fill(f"Café of {person.username}")
    expect(ann.page.get_by_label("Address")).to_have_value(f"cafe-of-{person.username}")
    ann.page.get_by_role("button", name="Make room").click()
    expect(ann.page).to_have_url(f"{ann.url}/?room=cafe-of-{person.username}")
    expect(ann.room_link(f"Café of {person.username}")).to_have_attribute("aria-current", "page")
    ann.say("First!")
    ann.expect_messages("First!")


def test_what_is_wrong_with_a_new_room_stands_beside_its_field(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    ann.page.get_by_role("button", name="New room").click()
    dialog = ann.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make room").click()
    expect(dialog.get_by_role("alert")).to_have_text("A room needs a name.")
    dialog.get_by_label("Name").fill("Lobby")
    dialog.get_by_role("button", name="Make room").click()
    expect(dialog.get_by_role("alert")).to_contain_text("'lobby' is taken")
    expect(dialog.get_by_label("Address")).to_be_focused()
    ann.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_room_that_is_closed_becomes_read_only_at_once(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    ann.post(room, "last words")
    bob.open_room(room)
    ann.api("patch", f"rooms/{room}/", {"is_closed": True, "title": "Was a room"})
    expect(bob.composer).to_have_count(0)
    expect(bob.page.get_by_text("It can be read, and no longer written to.")).to_be_visible()
    expect(bob.room_link("Was a room")).to_contain_text("closed")
    bob.expect_messages("last words")


def test_a_room_can_be_found_by_its_name(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    for number in range(8):
        ann.make_room(title=f"Hall {number}")
    ann.page.reload()
    ann.page.get_by_role("searchbox", name="Find a room").fill("hall 5")
    expect(ann.page.get_by_role("navigation", name="Rooms").get_by_role("link")).to_have_count(1)
    ann.page.get_by_role("searchbox", name="Find a room").fill("no such room")
    expect(ann.page.get_by_text("No room has such a name.")).to_be_visible()
