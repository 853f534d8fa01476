"""Coming in, and being kept out."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.pages import HubPage, Person


def test_a_wrong_password_is_refused_with_a_clear_sentence(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page()
    page.page.goto(page.url)
    page.log_in_by_form(Person(make_person().username, "wrong"))
    expect(page.page.get_by_role("alert")).to_contain_text("Please enter a correct username and password")
    expect(page.page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")


def test_whoever_logs_in_comes_where_they_wanted_to_go(open_page: OpenPage, make_person: MakePerson) -> None:
    person = make_person()
    page = open_page()
    page.page.goto(f"{page.url}/?room=lobby")
    expect(page.page).to_have_url(re.compile(r"/login/\?next=/%3Froom%3Dlobby"))
    page.log_in_by_form(person)
    expect(page.page).to_have_url(f"{page.url}/?room=lobby")


def test_the_demo_accounts_are_shown_and_work(open_page: OpenPage) -> None:
    page = open_page()
    page.page.goto(f"{page.url}/login/")
    expect(page.page.get_by_text("Demo accounts:")).to_contain_text("guest")
    page.log_in(Person("guest", "guest"))
    page.expect_live()


def test_whoever_logs_out_is_out_in_every_window(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page(make_person())
    page.expect_live()
    other = HubPage(page.page.context.new_page(), page.url)
    other.open_room("lobby")
    page.page.get_by_role("button", name="Log out").click()
    expect(page.page).to_have_url(re.compile("/login/"))
    expect(other.page).to_have_url(re.compile("/login/"))
