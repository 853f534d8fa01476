"""The streams of the inboxes: rights and commands."""

import pytest
from django.contrib.auth.models import User

from chat.errors import InvalidField
from hub.core.errors import MethodNotFound, PermissionDenied, UnknownStream
from hub.core.types import JSONObject
from hub.namespaces import Caller, namespaces
from notifications.errors import UnknownNotification
from notifications.services import notify
from tests.streams import types_of

pytestmark = pytest.mark.django_db


def run(user: User, command: str, data: JSONObject) -> JSONObject:
    """Carry out a command on the user's own inbox, as a connection does."""
    namespace, name = namespaces.resolve(f"inbox#{user.pk}")
    return namespace.run(Caller(user, name), command, data)


def test_an_inbox_is_read_by_its_user(ann: User, inbox: str) -> None:
    namespaces.check_subscribe(ann, inbox)
    ann.is_active = False
    with pytest.raises(PermissionDenied):
        namespaces.check_subscribe(ann, inbox)


@pytest.mark.parametrize("rest", ["{ann}", "999999", "x", "0{bob}", "{bob}x"])
def test_any_other_inbox_is_refused_alike(ann: User, bob: User, rest: str) -> None:
    with pytest.raises(PermissionDenied):
        namespaces.check_subscribe(bob, "inbox#" + rest.format(ann=ann.pk, bob=bob.pk))


def test_the_namespace_takes_no_stream_of_another_separator(ann: User) -> None:
    with pytest.raises(UnknownStream):
        namespaces.check_subscribe(ann, f"inbox:{ann.pk}")


def test_nobody_publishes_to_an_inbox_without_a_notification(ann: User, inbox: str) -> None:
    namespace, name = namespaces.resolve(inbox)
    assert not namespace.can_publish(ann, name)


def test_commands_read_one_and_all(ann: User, inbox: str) -> None:
    first, last = (notify(ann, title=title) for title in ("one", "two"))
    assert run(ann, "notification.read", {"id": first.pk})["unread"] == 1
    answer = run(ann, "notification.read_all", {})
    assert (answer["through"], answer["unread"]) == (last.pk, 0)
    assert types_of(inbox, 2) == ["notification.read", "notification.read_all"]


@pytest.mark.parametrize(
    "data", [{}, {"id": None}, {"id": "5"}, {"id": 0}, {"id": True}, {"id": 1.0}, {"id": 2**63}, {"id": 1, "x": 1}]
)
def test_an_id_that_makes_no_sense_is_refused(ann: User, data: JSONObject) -> None:
    with pytest.raises(InvalidField):
        run(ann, "notification.read", data)


def test_nothing_but_everything_can_be_read_at_once(ann: User) -> None:
    with pytest.raises(InvalidField):
        run(ann, "notification.read_all", {"through": 5})


def test_somebody_elses_notification_is_unknown(ann: User, bob: User) -> None:
    with pytest.raises(UnknownNotification):
        run(bob, "notification.read", {"id": notify(ann, title="x").pk})


def test_an_unknown_command_is_told_which_there_are(ann: User) -> None:
    with pytest.raises(MethodNotFound, match=r"notification\.read, notification\.read_all"):
        run(ann, "notification.delete", {})
