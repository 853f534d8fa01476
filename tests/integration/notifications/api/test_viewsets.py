"""The inbox over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from notifications.models import Notification
from notifications.services import notify
from tests.integration.conftest import MakeUser
from tests.streams import events_of, head_of, types_of

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], APIClient]
ClientWithKey = Callable[[User, list[str]], APIClient]
NOTIFICATIONS = "/api/v1/notifications/"
SCOPE = ["notifications:write"]


@pytest.fixture
def as_ann(client_of: ClientOf, ann: User) -> APIClient:
    """A client of whose inbox it is."""
    return client_of(ann)


def post(client: APIClient, **data: Any) -> Any:
    """Tell somebody something."""
    return client.post(NOTIFICATIONS, {"username": "ann", "title": "x", **data}, format="json")


def test_the_inbox_is_shown_newest_first_with_its_position(as_ann: APIClient, ann: User, bob: User, inbox: str) -> None:
    for title in ("one", "two", "three"):
        notify(ann, title=title)
    notify(bob, title="theirs")
    page = as_ann.get(NOTIFICATIONS, {"limit": 2}).json()
    assert [notification["title"] for notification in page["results"]] == ["three", "two"]
    assert (page["unread"], page["position"]["offset"]) == (3, head_of(inbox))
    assert page["older"] == page["results"][-1]["id"]
    rest = as_ann.get(NOTIFICATIONS, {"limit": 2, "before": page["older"]}).json()
    assert ([notification["title"] for notification in rest["results"]], rest["older"]) == (["one"], None)


def test_what_is_read_can_be_left_out(as_ann: APIClient, ann: User) -> None:
    first = notify(ann, title="one")
    notify(ann, title="two")
    as_ann.post(f"{NOTIFICATIONS}{first.pk}/read/")
    shown = [len(as_ann.get(NOTIFICATIONS, {"unread": value}).json()["results"]) for value in ("true", "false")]
    assert shown == [1, 2]


@pytest.mark.parametrize("query", ["unread=perhaps", "after=1", "limit=0", "before=x"])
def test_a_page_that_makes_no_sense_is_refused(as_ann: APIClient, query: str) -> None:
    response = as_ann.get(f"{NOTIFICATIONS}?{query}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, 107)


def test_reading_one_and_all(as_ann: APIClient, ann: User, inbox: str) -> None:
    first, last = (notify(ann, title=title) for title in ("one", "two"))
    one = as_ann.post(f"{NOTIFICATIONS}{first.pk}/read/")
    assert (one.status_code, one.json()["id"], one.json()["unread"]) == (200, first.pk, 1)
    everything = as_ann.post(f"{NOTIFICATIONS}read_all/")
    assert (everything.status_code, everything.json()["through"], everything.json()["unread"]) == (200, last.pk, 0)
    assert [data for _, data in events_of(inbox, 2)] == [one.json(), everything.json()]


@pytest.mark.parametrize("number", ["theirs", "999", "9" * 18, "9" * 19, "x"])
def test_somebody_elses_notification_is_as_unknown_as_none(as_ann: APIClient, bob: User, number: str) -> None:
    number = str(notify(bob, title="theirs").pk) if number == "theirs" else number
    response = as_ann.post(f"{NOTIFICATIONS}{number}/read/")
    assert (response.status_code, response.json()["error"]["code"]) == (404, 102)


def test_a_key_with_the_scope_tells_anybody(client_with_key: ClientWithKey, ann: User, bob: User, inbox: str) -> None:
    robot = client_with_key(bob, SCOPE)
    response = post(robot, title=" Disk ", body="full", kind="disk", url="https://example.com/", key="k")
    assert response.status_code == 201
    assert events_of(inbox)[0][1]["notification"] == response.json()
    assert (response.json()["title"], response.json()["kind"]) == ("Disk", "disk")
    again = post(robot, title="other", key="k")
    assert (again.status_code, again.json()) == (200, response.json())
    assert types_of(inbox) == ["notification.created"]


def test_a_key_reads_nobodys_inbox(client_with_key: ClientWithKey, bob: User) -> None:
    robot = client_with_key(bob, SCOPE)
    responses = [robot.get(NOTIFICATIONS), robot.post(f"{NOTIFICATIONS}read_all/")]
    assert [response.status_code for response in responses] == [403, 403]


def test_a_key_without_the_scope_tells_nobody(client_with_key: ClientWithKey, ann: User, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    response = post(client_with_key(bob, ["chat:write"]))
    assert (response.status_code, response.json()["error"]["code"]) == (403, 103)


def test_staff_may_tell_others_and_users_may_not(
    client_of: ClientOf, ann: User, bob: User, make_user: MakeUser
) -> None:
    assert post(client_of(make_user("staff", is_staff=True))).status_code == 201
    response = post(client_of(bob))
    assert response.status_code == 403
    assert "only staff" in response.json()["error"]["message"]


def test_only_who_may_tell_learns_which_users_there_are(
    client_of: ClientOf, client_with_key: ClientWithKey, ann: User, bob: User, make_user: MakeUser
) -> None:
    make_user("gone", is_active=False)
    for client, known, unknown in ((client_of(bob), 403, 403), (client_with_key(bob, SCOPE), 201, 404)):
        assert post(client).status_code == known
        assert [post(client, username=name).status_code for name in ("nobody", "gone")] == [unknown, unknown]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"username": ""}, "username"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": "x" * 4_001}, "body"),
        ({"body": None}, "body"),
        ({"kind": "No kind"}, "kind"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "//evil.example"}, "url"),
        ({"key": "k" * 201}, "key"),
    ],
)
def test_a_notification_that_makes_no_sense_is_refused(
    client_with_key: ClientWithKey, ann: User, bob: User, data: Any, field: str
) -> None:
    response = post(client_with_key(bob, SCOPE), **data)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]
    assert not Notification.objects.exists()
