"""What a client holds of an inbox, with the events applied, is what it would fetch anew: for every event."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from hub.core.types import JSONObject
from notifications.events import EVENTS
from notifications.models import Notification, Preference
from notifications.services import notification_read, notification_read_all, notify
from tests.streams import Snapshot, position_of, replayed

pytestmark = pytest.mark.django_db


def fetch_inbox(client: APIClient) -> Snapshot:
    """Fetch a whole inbox, from its newest notification on."""
    first = client.get("/api/v1/notifications/", {"limit": 2}).json()
    results, older = first["results"], first["older"]
    while older is not None:
        page = client.get("/api/v1/notifications/", {"before": older, "limit": 2}).json()
        results, older = results + page["results"], page["older"]
    state = {
        "unread": first["unread"],
        "notifications": {notification["id"]: notification for notification in results},
    }
    return state, position_of(first)


def reduce_inbox(state: JSONObject, type_: str, data: JSONObject) -> None:
    """Apply an event to what a client holds of an inbox."""
    held = state["notifications"]
    state["unread"] = data["unread"]
    match type_:
        case "notification.created" | "notification.updated":
            held[data["notification"]["id"]] = data["notification"]
        case "notification.read":
            if data["id"] in held:
                held[data["id"]]["read_at"] = data["read_at"]
        case "notification.read_all":
            for notification in held.values():
                if notification["id"] <= data["through"] and notification["read_at"] is None:
                    notification["read_at"] = data["read_at"]
        case "notification.deleted":
            held.pop(data["id"], None)
        case _:
            raise AssertionError(f"a client of an inbox gets no {type_}")


def newest(user: User) -> Notification:
    """Return a user's newest notification."""
    return Notification.objects.filter(user=user).latest("id")


def correct(user: User) -> None:
    notification = newest(user)
    notification.title = "Corrected"
    notification.save()


def tell_muted(user: User) -> None:
    Preference.objects.filter(user=user).update(muted_kinds=["noise"])
    notify(user, kind="noise", title="psst")


STEPS: list[tuple[Callable[[User], object], list[str]]] = [
    (lambda user: notify(user, title="new", url="/"), ["notification.created"]),
    (tell_muted, ["notification.created"]),
    (correct, ["notification.updated"]),
    (lambda user: notification_read(user, newest(user).pk), ["notification.read"]),
    (notification_read_all, ["notification.read_all"]),
    (lambda user: newest(user).delete(), ["notification.deleted"]),
    (lambda user: Notification.objects.filter(user=user).delete(), ["notification.deleted"] * 4),
]


@pytest.fixture
def told(ann: User) -> User:
    """A user with four notifications, the second of which is read."""
    ids = [notify(ann, title=str(number)).pk for number in range(4)]
    notification_read(ann, ids[1])
    return ann


@pytest.mark.parametrize(("act", "types"), STEPS, ids=[f"{types[0]} {index}" for index, (_, types) in enumerate(STEPS)])
def test_a_stale_inbox_with_its_events_is_a_fresh_one(
    told: User,
    inbox: str,
    client_of: Callable[[User], APIClient],
    act: Callable[[User], object],
    types: list[str],
) -> None:
    client = client_of(told)
    with replayed(lambda: fetch_inbox(client), reduce_inbox, inbox, *types):
        act(told)


def test_every_event_was_tried() -> None:
    assert {type_ for _, types in STEPS for type_ in types} == set(EVENTS)
