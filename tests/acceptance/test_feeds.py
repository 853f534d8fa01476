"""Whoever writes, and by whatever way: who reads gets it once, in order, at once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from hub.core.types import JSONObject
from tests.programs import PATIENCE, Subscriber, stopped
from tests.servers import ROOT, HubServer
from tests.sockets import opened
from tests.visitors import Visitor

LOBBY = "/api/v1/rooms/lobby/messages/"
NOTIFICATIONS = "/api/v1/notifications/"


@dataclass(frozen=True)
class Site:
    """A running hub, people who write, and two readers."""

    hub: HubServer
    #: Logged in to the page.
    demo: Visitor
    admin: Visitor
    #: Of demo.
    token: str
    #: Of admin.
    api_key: str
    #: Follows the room, as guest.
    lobby: Subscriber
    #: Follows demo's inbox.
    inbox: Subscriber

    @property
    def url(self) -> str:
        return self.hub.url

    def shell(self, code: str) -> None:
        """Run code in `manage.py shell`, in a process of its own."""
        done = self.hub.manage("shell", "--verbosity", "0", "--command", code)
        assert done.returncode == 0, done.stderr

    def publish(self, *arguments: str, **env: str) -> None:
        """Run `clients.publish`."""
        command = [sys.executable, "-m", "clients.publish", *arguments, "--server", self.url]
        subprocess.run(command, cwd=ROOT, env=self.hub.env | env, check=True, capture_output=True, timeout=PATIENCE)


@pytest.fixture(scope="module")
def site(lively_hub: HubServer, api_key: str) -> Iterator[Site]:
    url = lively_hub.url
    demo, admin, guest = (Visitor(url).log_in(name) for name in ("demo", "admin", "guest"))
    token = demo.token()
    with (
        stopped(Subscriber(url, "/ws/chat/lobby/", guest.token())) as lobby,
        stopped(Subscriber(url, "/ws/notifications/", token)) as inbox,
    ):
        lobby.wait_until_connected()
        inbox.wait_until_connected()
        yield Site(lively_hub, demo, admin, token, api_key, lobby, inbox)


Feed = Callable[[Site, str], None]


def a_socket(site: Site, text: str) -> None:
    with opened(site.url, "/ws/chat/lobby/", site.token) as socket:
        socket.hello()
        assert socket.command("message.post", body=text)["result"]["body"] == text


def the_page(site: Site, text: str) -> None:
    assert site.demo.call("POST", LOBBY, {"body": text}).status == 201


def a_program_with_a_token(site: Site, text: str) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}
    assert Visitor(site.url).call("POST", LOBBY, {"body": text}, **headers).status == 201


def a_program_with_an_api_key(site: Site, text: str) -> None:
    assert Visitor(site.url).call("POST", LOBBY, {"body": text}, **{"X-API-Key": site.api_key}).status == 201


def the_shell(site: Site, text: str) -> None:
    site.shell(f"from chat.models import *; Message.objects.create(room=Room.objects.get(slug='lobby'), body={text!r})")


def a_celery_task(site: Site, text: str) -> None:
    site.shell(f"from chat.tasks import post_message; post_message.delay('demo', 'lobby', {text!r})")


def the_admin_site(site: Site, text: str) -> None:
    assert site.admin.submit("/admin/chat/message/add/", room="1", author="1", body=text).status == 302


def the_publisher(site: Site, text: str) -> None:
    site.publish("message", "lobby", text, HUBBUB_TOKEN=site.token)


@pytest.mark.parametrize(
    "feed",
    [
        a_socket,
        the_page,
        a_program_with_a_token,
        a_program_with_an_api_key,
        the_shell,
        a_celery_task,
        the_admin_site,
        the_publisher,
    ],
)
def test_what_is_said_in_a_room_reaches_its_reader_once(site: Site, feed: Feed) -> None:
    def bodies() -> list[str]:
        return [event["data"]["body"] for event in site.lobby.events if event["type"] == "message.created"]

    text = f"said by {feed.__name__}"
    feed(site, text)
    site.lobby.wait_for_event(lambda event: event["data"].get("body") == text)
    # Whatever came twice has come before this.
    the_page(site, f"after {text}")
    site.lobby.wait_for_event(lambda event: event["data"].get("body") == f"after {text}")
    assert bodies()[-2:] == [text, f"after {text}"]
    assert_without_a_hole(site.lobby.events)


def alert_by_a_celery_task(site: Site, text: str) -> None:
    site.shell(f"from notifications.tasks import notify; notify.delay('demo', title={text!r})")


def alert_by_the_command(site: Site, text: str) -> None:
    assert site.hub.manage("notify", "demo", text).returncode == 0


def alert_by_a_program_with_an_api_key(site: Site, text: str) -> None:
    body: dict[str, object] = {"username": "demo", "title": text}
    assert Visitor(site.url).call("POST", NOTIFICATIONS, body, **{"X-API-Key": site.api_key}).status == 201


def alert_by_staff_on_the_page(site: Site, text: str) -> None:
    assert site.admin.call("POST", NOTIFICATIONS, {"username": "demo", "title": text}).status == 201


def alert_by_the_shell(site: Site, text: str) -> None:
    site.shell(
        "from django.contrib.auth.models import User; from notifications.models import Notification; "
        f"Notification.objects.create(user=User.objects.get(username='demo'), title={text!r})"
    )


def alert_by_the_admin_site(site: Site, text: str) -> None:
    form = {"user": "1", "kind": "alert", "title": text, "body": "", "url": "", "read_at_0": "", "read_at_1": ""}
    assert site.admin.submit("/admin/notifications/notification/add/", **form).status == 302


def alert_by_the_publisher(site: Site, text: str) -> None:
    site.publish("alert", "demo", text, HUBBUB_API_KEY=site.api_key)


def alert_by_a_mention(site: Site, text: str) -> None:
    assert site.admin.call("POST", LOBBY, {"body": f"@demo {text}"}).status == 201


@pytest.mark.parametrize(
    "feed",
    [
        alert_by_a_celery_task,
        alert_by_the_command,
        alert_by_a_program_with_an_api_key,
        alert_by_staff_on_the_page,
        alert_by_the_shell,
        alert_by_the_admin_site,
        alert_by_the_publisher,
        alert_by_a_mention,
    ],
)
def test_what_somebody_is_told_reaches_their_inbox_once(site: Site, feed: Feed) -> None:
    def says(text: str) -> Callable[[JSONObject], bool]:
        return lambda event: text in (event["data"]["notification"]["title"] + event["data"]["notification"]["body"])

    text = f"told by {feed.__name__}"
    feed(site, text)
    told = site.inbox.wait_for_event(says(text))
    alert_by_staff_on_the_page(site, f"end of {feed.__name__}")
    after = site.inbox.wait_for_event(says(f"end of {feed.__name__}"))
    assert after["offset"] == told["offset"] + 1
    assert after["data"]["unread"] == told["data"]["unread"] + 1
    assert_without_a_hole(site.inbox.events)


def assert_without_a_hole(events: list[JSONObject]) -> None:
    """Check that each event follows the one before."""
    first = events[0]["offset"]
    assert [event["offset"] for event in events] == list(range(first, first + len(events)))
