"""The inbox on several devices."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.pages import HubPage, Person
from tests.servers import HubServer


def _tell(page: HubPage, person: Person, *titles: str, url: str = "") -> None:
    """Notify a person over the API, in the name of the demo's administrator."""
    for title in titles:
        page.api("post", "notifications/", {"username": person.username, "title": title, "url": url})


def _admin(open_page: OpenPage) -> HubPage:
    return open_page(Person("admin", "admin"))


def test_the_badge_goes_up_live_and_down_on_every_device(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = make_person()
    admin, laptop, tablet = _admin(open_page), open_page(ann), open_page(ann)
    for device in (laptop, tablet):
        device.expect_live()
    _tell(admin, ann, "first", "second")
    for device in (laptop, tablet):
        expect(device.unread).to_have_attribute("data-unread", "2")
        expect(device.notifications.locator("h3")).to_have_text(["second", "first"])
        expect(device.page).to_have_title(re.compile(r"^\(2\) "))
    laptop.page.get_by_role("button", name="Mark “second” as read").click()
    for device in (laptop, tablet):
        expect(device.unread).to_have_attribute("data-unread", "1")
    tablet.page.get_by_role("button", name="Mark all read").click()
    for device in (laptop, tablet):
        expect(device.unread).to_have_count(0)
        expect(device.notifications.locator(".unread")).to_have_count(0)


def test_a_notification_from_the_command_line_arrives_live(
    open_page: OpenPage, make_person: MakePerson, hub: HubServer
) -> None:
    ann = make_person()
    page = open_page(ann)
    page.expect_live()
    done = hub.manage("notify", ann.username, "The backup is done", "--body", "It took <b>five</b> minutes.")
    assert done.returncode == 0, done.stderr
    expect(page.notifications).to_contain_text(["The backup is done"])
    expect(page.notifications).to_contain_text(["It took <b>five</b> minutes."])


def test_following_a_notification_to_a_room_opens_it_and_marks_it_as_read(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    ann = make_person()
    admin, page = _admin(open_page), open_page(ann)
    room = page.make_room()
    page.page.goto(f"{page.url}/?room=lobby")
    page.expect_live()
    _tell(admin, ann, "You are wanted", url=f"/?room={room}")
    page.page.evaluate("window.notReloaded = true")
    page.page.get_by_role("link", name="You are wanted").click()
    expect(page.page).to_have_url(f"{page.url}/?room={room}")
    expect(page.unread).to_have_count(0)
    assert page.page.evaluate("window.notReloaded"), "the page was loaded anew"


def test_a_mention_reaches_the_inbox(open_page: OpenPage, make_person: MakePerson) -> None:
    ann, bob = make_person(), make_person()
    writer, reader = open_page(ann), open_page(bob)
    reader.expect_live()
    room = writer.make_room()
    writer.open_room(room)
    writer.say(f"@{bob.username} have a look")
    expect(reader.notifications.first).to_contain_text("mentioned you in")
    expect(reader.unread).to_have_attribute("data-unread", "1")


def test_older_notifications_are_loaded_on_demand(open_page: OpenPage, make_person: MakePerson) -> None:
    ann = make_person()
    _tell(_admin(open_page), ann, *[f"number {number}" for number in range(55)])
    page = open_page(ann)
    expect(page.notifications).to_have_count(50)
    page.page.get_by_role("button", name="Older notifications").click()
    expect(page.notifications).to_have_count(55)
    expect(page.notifications.last.locator("h3")).to_have_text("number 0")
    expect(page.unread).to_have_attribute("data-unread", "55")
