"""Who is in the room, beside its name."""

from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage


def test_the_header_says_how_many_are_here_and_who(open_page: OpenPage, make_person: MakePerson) -> None:
    writer, reader = make_person(), make_person()
    ann, bob = open_page(writer), open_page(reader)
    room = ann.make_room()
    ann.open_room(room)
    here = ann.page.locator("hub-presence button")
    expect(here).to_have_text("1 here")
    bob.open_room(room)
    expect(here).to_have_text("2 here")
    names = ann.page.locator("hub-presence li")
    # By keyboard alone, and live while it is open.
    here.focus()
    ann.page.keyboard.press("Enter")
    expect(here).to_have_attribute("aria-expanded", "true")
    expect(names).to_contain_text([writer.username, reader.username])
    bob.page.close()
    expect(here).to_have_text("1 here")
    expect(names).to_contain_text([writer.username])
    ann.page.keyboard.press("Escape")
    expect(names).to_have_count(0)
    expect(here).to_be_focused()


def test_a_page_that_is_loaded_anew_is_here_all_the_time(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = open_page(make_person()), open_page(make_person())
    room = ann.make_room()
    for page in (ann, bob):
        page.open_room(room)
    here = ann.page.locator("hub-presence button")
    expect(here).to_have_text("2 here")
    here.evaluate(
        """(button) => {
            window.seen = new Set();
            new MutationObserver(() => window.seen.add(button.textContent.trim()))
                .observe(button, { childList: true, characterData: true, subtree: true });
        }"""
    )
    bob.open_room(room)
    expect(bob.page.locator("hub-presence button")).to_have_text("2 here")
    ann.say("Still two")
    bob.expect_messages("Still two")
    assert ann.page.evaluate("[...window.seen].filter((text) => text !== '2 here')") == []
