"""The page for people who use the keyboard alone, a phone, or prefer it dark."""

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.pages import HubPage, Person

PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}


def test_everything_works_by_keyboard_alone(open_page: OpenPage, make_person: MakePerson) -> None:
    person = make_person()
    ann = open_page()
    keyboard = ann.page.keyboard
    _, second = (open_page(Person("admin", "admin")).make_room(title=title) for title in ("Aardvark", "Abacus"))
    # I log in.
    ann.page.goto(f"{ann.url}/login/")
    expect(ann.page.get_by_label("Username")).to_be_focused()
    keyboard.type(person.username)
    keyboard.press("Tab")
    keyboard.type(person.password)
    keyboard.press("Enter")
    ann.expect_live()
    # I go through the rooms by the arrow keys, and open the second.
    _tab_to(ann, ann.room_link("Aardvark"))
    keyboard.press("ArrowDown")
    expect(ann.room_link("Abacus")).to_be_focused()
    keyboard.press("Enter")
    expect(ann.page).to_have_url(f"{ann.url}/?room={second}")
    # I am where one writes; Shift and Enter starts a line, Enter sends.
    expect(ann.composer).to_be_focused()
    keyboard.type("one line")
    keyboard.press("Shift+Enter")
    keyboard.type("and another")
    keyboard.press("Enter")
    ann.expect_messages("one line\nand another")
    expect(ann.composer).to_be_focused()
    # I open the dialog of the members and leave it again; the focus comes back to its button.
    members = ann.page.get_by_role("button", name="Members")
    members.focus()
    keyboard.press("Enter")
    expect(ann.page.get_by_role("dialog")).to_be_visible()
    keyboard.press("Escape")
    expect(members).to_be_focused()


def test_the_first_stop_of_the_tab_key_skips_to_the_room(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person())
    ann.open_room(ann.make_room())
    ann.page.keyboard.press("Tab")
    skip = ann.page.get_by_role("button", name="Skip to the room")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    ann.page.keyboard.press("Enter")
    expect(ann.composer).to_be_focused()


def test_new_messages_and_the_connection_are_announced(open_page: OpenPage, make_person: MakePerson) -> None:
    person = make_person()
    ann, bob = open_page(person), open_page(make_person())
    room = ann.make_room()
    bob.open_room(room)
    ann.post(room, "can you hear me?")
    spoken = bob.page.locator("hub-announcer [aria-live=polite]")
    expect(spoken).to_have_text(f"{person.username}: can you hear me?")
    bob.page.context.set_offline(True)
    expect(bob.page.get_by_role("status")).to_contain_text("You are offline.")
    bob.page.context.set_offline(False)
    expect(bob.page.get_by_role("status")).to_contain_text("Back online.")


def test_a_phone_shows_one_pane_at_a_time(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person(), **PHONE)
    room = ann.make_room()
    ann.page.reload()
    panes = [ann.page.locator(name) for name in ("hub-sidebar", "main", "hub-inbox")]
    sidebar, main, inbox = panes
    _expect_only(panes, sidebar)
    ann.room_link(f"Title of {room}").tap()
    _expect_only(panes, main)
    ann.composer.fill("sent from my phone")
    ann.page.get_by_role("button", name="Send").tap()
    ann.expect_messages("sent from my phone")
    ann.page.get_by_role("button", name="Inbox").tap()
    _expect_only(panes, inbox)
    ann.page.go_back()
    _expect_only(panes, main)
    ann.page.get_by_role("button", name="Rooms").tap()
    _expect_only(panes, sidebar)


def test_nothing_is_wider_than_a_phone(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = open_page(make_person(), **PHONE)
    room = ann.make_room(title="W" * 100, topic="m" * 250)
    ann.open_room(room)
    ann.say("https://example.com/" + "x" * 200)
    ann.say("y" * 300)
    expect(ann.messages).to_have_count(2)
    for address in (f"?room={room}", "", "?show=inbox"):
        ann.page.goto(f"{ann.url}/{address}")
        expect(ann.page.locator("hub-app .panes")).to_be_visible()
        width = ann.page.evaluate(
            "Math.max(document.scrollingElement.scrollWidth,"
            " document.querySelector('hub-app').shadowRoot.querySelector('.panes').scrollWidth)"
        )
        assert width <= 375, f"{address or '/'} is {width} pixels wide"


def test_the_dark_scheme_is_dark_and_readable(open_page: OpenPage, make_person: MakePerson) -> None:
    person = make_person()
    for scheme, is_dark in (("light", False), ("dark", True)):
        page = open_page(person, color_scheme=scheme)
        page.open_room("lobby")
        ground = _lightness(page, page.page.locator("main"), "backgroundColor")
        text = _lightness(page, page.page.get_by_role("heading", name="Lobby"), "color")
        assert (ground < 0.2) is is_dark
        # WCAG 2.2, 1.4.3: at least 4.5 to 1.
        assert (max(ground, text) + 0.05) / (min(ground, text) + 0.05) > 4.5


def test_whoever_asks_for_calm_sees_no_motion(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page(make_person(), reduced_motion="reduce")
    page.open_room("lobby")
    animated = page.page.get_by_role("button", name="New room").evaluate("e => getComputedStyle(e).transitionDuration")
    assert animated == "0s"


def _tab_to(page: HubPage, target: Locator) -> None:
    for _ in range(20):
        if target.evaluate("e => e.getRootNode().activeElement === e"):
            return
        page.page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {target}")


def _expect_only(panes: list[Locator], shown: Locator) -> None:
    expect(shown).to_be_visible()
    for pane in panes:
        if pane is not shown:
            expect(pane).not_to_be_visible()


def _lightness(page: HubPage, element: Locator, name: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2), 0 to 1."""
    colour = element.evaluate("(e, name) => getComputedStyle(e)[name]", name)
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
