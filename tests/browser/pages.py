"""The page as a person uses it: what can be done, and what is seen."""

import itertools
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import APIResponse, ConsoleMessage, Locator, Page, expect

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in."""

    username: str
    password: str
    #: A session in which they are logged in already; without one they log in by the form.
    session: str = ""


class HubPage:
    """A window with the site in it.

    Arguments:
        page: Playwright's page.
        url: address of the hub, without a path.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        #: What went wrong in the page.
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._watch_console)
        self.status = page.locator("hub-status")
        self.banner = page.locator("hub-banner")
        self.composer = page.locator("hub-composer textarea")
        self.messages = page.locator("hub-message-list [data-message] .body")
        self.waiting = page.locator("hub-message-list [data-outgoing]")
        self.typing = page.locator("hub-room-view .typing")
        self.unread = page.locator("hub-sidebar [data-unread]")
        self.notifications = page.locator("hub-inbox [data-notification]")

    def log_in(self, person: Person) -> None:
        """Come to the app page as this person."""
        if person.session:
            self.page.context.add_cookies([{"name": "sessionid", "value": person.session, "url": self.url}])
            self.page.goto(self.url)
        else:
            self.log_in_by_form(person)
        expect(self.page.locator("hub-app")).to_be_attached()

    def log_in_by_form(self, person: Person) -> None:
        """Fill in the login page, where the window is there or on the way to it, and send it."""
        if not self.page.url.startswith(f"{self.url}/login/"):
            self.page.goto(f"{self.url}/login/")
        self.page.get_by_label("Username").fill(person.username)
        self.page.get_by_label("Password").fill(person.password)
        self.page.get_by_role("button", name="Log in").click()

    def open_room(self, slug: str) -> None:
        """Go to a room by its address, and wait until it is live."""
        self.page.goto(f"{self.url}/?room={slug}")
        self.expect_live()

    def expect_live(self) -> None:
        """Wait until the open room and the inbox are connected."""
        expect(self.status).to_have_text("Live")
        expect(self.page.locator("hub-message-list .empty", has_text="Loading")).to_have_count(0)

    def say(self, text: str) -> None:
        """Write a message and send it."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def expect_messages(self, *texts: str, patience: float | None = None) -> None:
        """Wait until the room shows exactly these messages, none of them on its way.

        Arguments:
            patience: milliseconds that it may take, where it may be more than usual.
        """
        expect(self.messages).to_have_text(list(texts), timeout=patience)
        expect(self.waiting).to_have_count(0, timeout=patience)

    def room_link(self, title: str) -> Locator:
        """Return the link to a room in the list."""
        return self.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=title)

    def make_room(self, **fields: Any) -> str:
        """Make a room over the API, of which this person becomes the owner; returns its slug."""
        slug = f"room-{next(_numbers)}"
        self.api("post", "rooms/", {"slug": slug, "title": f"Title of {slug}"} | fields)
        return slug

    def post(self, slug: str, *bodies: str) -> None:
        """Post messages over the API, as a script of this person's would."""
        for body in bodies:
            self.api("post", f"rooms/{slug}/messages/", {"body": body})

    def api(self, method: str, path: str, data: dict[str, Any]) -> APIResponse:
        """Send a request to the API in this person's name; it has to succeed."""
        cookies = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": self.url}
        response = self.page.request.fetch(f"{self.url}/api/v1/{path}", method=method, headers=headers, data=data)
        assert response.ok, response.text()
        return response

    def _watch_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)
