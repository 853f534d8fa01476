"""From the rows of notifications to events, and from mentions to notifications."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from chat import services as chat
from chat.models import Membership, Room
from hub.models import Event
from notifications.models import Inbox, Notification, Preference
from notifications.selectors import unread_count
from notifications.services import notify
from notifications.signals import TABLE
from tests.integration.conftest import MakeUser
from tests.streams import events_of, types_of

pytestmark = pytest.mark.django_db


def save(user: User) -> Notification:
    """Save a notification as the shell does."""
    return Notification.objects.create(user=user, title="x")


def read(user: User) -> None:
    notification = save(user)
    notification.read_at = timezone.now()
    notification.save(update_fields=["read_at"])


def unread(user: User) -> None:
    notification = save(user)
    notification.read_at = None
    notification.save(update_fields=["read_at"])


def change(user: User) -> None:
    notification = save(user)
    notification.title = "y"
    notification.read_at = timezone.now()
    notification.save()


def delete(user: User) -> None:
    save(user).delete()


def delete_all(user: User) -> None:
    save(user)
    save(user)
    Notification.objects.all().delete()


CHANGES: list[tuple[Callable[[User], object], list[str]]] = [
    (save, ["notification.created"]),
    (read, ["notification.created", "notification.read"]),
    (unread, ["notification.created", "notification.updated"]),
    (change, ["notification.created", "notification.updated"]),
    (delete, ["notification.created", "notification.deleted"]),
    (delete_all, ["notification.created", "notification.created", "notification.deleted", "notification.deleted"]),
]


@pytest.mark.parametrize(("act", "types"), CHANGES, ids=[act.__name__ for act, _ in CHANGES])
def test_a_row_that_changes_publishes(ann: User, inbox: str, act: Callable[[User], object], types: list[str]) -> None:
    act(ann)
    told = events_of(inbox)
    assert [type_ for type_, _ in told] == types
    assert told[-1][1]["unread"] == unread_count(ann.pk)


def test_every_change_of_the_table_was_tried() -> None:
    assert len(TABLE) == len({type_ for _, types in CHANGES for type_ in types})


def test_what_is_rolled_back_publishes_nothing(ann: User, inbox: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        save(ann)
        raise ZeroDivisionError
    assert types_of(inbox) == []


def test_an_inbox_that_goes_with_its_user_publishes_nothing(ann: User, inbox: str) -> None:
    save(ann)
    ann.delete()
    assert types_of(inbox) == ["notification.created"]
    assert not Notification.objects.exists()


def test_inboxes_that_go_with_their_users_publish_nothing(ann: User, bob: User, inbox: str) -> None:
    save(ann)
    User.objects.all().delete()
    assert types_of(inbox) == ["notification.created"]


def test_a_fixture_publishes_nothing(ann: User) -> None:
    save(ann)
    out = StringIO()
    call_command("dumpdata", "auth.user", "notifications", stdout=out)
    User.objects.all().delete()
    before = Event.objects.count()
    for row in serializers.deserialize("json", out.getvalue()):
        row.save()
    assert (Notification.objects.count(), Inbox.objects.count(), Preference.objects.count()) == (1, 1, 1)
    assert Event.objects.count() == before


def test_a_new_user_has_preferences_and_an_inbox(make_user: MakeUser) -> None:
    user = make_user("carl")
    assert Preference.objects.get(user=user).muted_kinds == []
    assert Preference.objects.get(user=user).desktop is True
    assert Inbox.objects.filter(user=user).exists()
    user.save()
    assert Inbox.objects.filter(user=user).count() == 1


@pytest.fixture
def lobby() -> Room:
    """A public room."""
    return Room.objects.create(slug="lobby", title="Lobby")


def test_a_mention_is_a_notification(lobby: Room, ann: User, bob: User, inbox: str) -> None:
    message, _ = chat.message_post(bob, lobby, "hello @ann, " + "x" * 300)
    notification = Notification.objects.get()
    assert (notification.user, notification.kind, notification.url) == (ann, "mention", "/?room=lobby")
    assert notification.title == "bob mentioned you in Lobby"
    assert notification.body == message.body[:200]
    assert types_of(inbox) == ["notification.created"]


def test_a_mention_is_told_once_however_often_the_message_is_edited(lobby: Room, ann: User, bob: User) -> None:
    message, _ = chat.message_post(bob, lobby, "hello")
    for body in ("hello @ann", "hello again, @ann", "hello, hello, @ann"):
        chat.message_edit(bob, lobby, message.pk, body)
    assert Notification.objects.count() == 1


def test_a_repeated_post_tells_a_mention_once(lobby: Room, ann: User, bob: User) -> None:
    for _ in range(2):
        chat.message_post(bob, lobby, "hello @ann", key="k")
    assert Notification.objects.count() == 1


def test_a_mention_in_a_room_that_one_may_not_read_tells_nothing(ann: User, bob: User) -> None:
    secret = Room.objects.create(slug="secret", title="Secret", is_private=True)
    Membership.objects.create(room=secret, user=bob)
    chat.message_post(bob, secret, "@ann must not know")
    assert not Notification.objects.exists()


def test_a_mention_of_a_post_that_is_rolled_back_tells_nothing(lobby: Room, ann: User, bob: User, inbox: str) -> None:
    with transaction.atomic():
        chat.message_post(bob, lobby, "hello @ann")
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert types_of(inbox) == []


def test_a_mention_by_nobody_in_particular_and_in_a_long_title_is_told(ann: User) -> None:
    room = Room.objects.create(slug="long", title="T" * 100)
    room.messages.create(body="@ann was here")
    assert Notification.objects.get().title.startswith("Somebody mentioned you in TTT")
    notify(ann, title="x")
    assert unread_count(ann.pk) == 2
