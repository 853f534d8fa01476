"""Fixtures for tests in a real browser: a hub of their own, people, and windows in which they are logged in."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import servers
from tests.browser.pages import HubPage, Person
from tests.servers import HubServer

_ARGUMENTS = [
    # Tests may run as root, where Chromium has no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

#: Milliseconds in which the page has to show what it should, on a slow machine.
PATIENCE = 15_000

#: Hashing a password takes long, so all have the same, and are logged in already.
_MAKE_PEOPLE = """
import json
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client

password, people = make_password("secret"), []
for number in range(150):
    user, client = User.objects.create(username=f"person{number:03}", password=password), Client()
    client.force_login(user)
    people.append([user.username, client.session.session_key])
print(json.dumps(people))
"""

MakePerson = Callable[[], Person]
OpenPage = Callable[..., HubPage]


@pytest.fixture(scope="session")
def hub(prepared_var: Path) -> Iterator[HubServer]:
    """A hub with the demo data for all tests in the browser. Each makes rooms and people of its own."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        server = HubServer(var)
        try:
            assert server.url
            yield server
        finally:
            server.stop()


# Not for the whole session: Playwright keeps an event loop running in this thread, in which Django's ORM and other
# tests' loops could not be used.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def people(hub: HubServer) -> Iterator[Person]:
    """People whom nobody has met before, one at a time."""
    made = hub.manage("shell", "--no-imports", "-c", _MAKE_PEOPLE)
    assert made.returncode == 0, made.stderr
    return iter([Person(username, "secret", session) for username, session in json.loads(made.stdout)])


@pytest.fixture
def make_person(people: Iterator[Person]) -> MakePerson:
    """Make a person: `ann = make_person()`."""
    return lambda: next(people)


@pytest.fixture
def open_page(browser: Browser, hub: HubServer) -> Iterator[OpenPage]:
    """Open a window of its own, like another device: `open_page(ann, color_scheme="dark")` logs `ann` in.

    Without a person nobody is logged in. The other arguments are Playwright's for a new context. A test fails when
    one of its pages threw an error, or did what the site's Content-Security-Policy forbids.
    """
    with ExitStack() as windows:
        pages: list[HubPage] = []

        def open_window(person: Person | None = None, *, url: str | None = None, **options: object) -> HubPage:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)  # type: ignore[arg-type]
            windows.callback(context.close)
            context.set_default_timeout(PATIENCE)
            page = HubPage(context.new_page(), url or hub.url)
            pages.append(page)
            if person:
                page.log_in(person)
            return page

        yield open_window
        assert [error for page in pages for error in page.errors] == []
