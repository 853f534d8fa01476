"""Writing to an inbox."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from chat.errors import InvalidField
from notifications.errors import UnknownNotification
from notifications.models import Inbox, Notification, Preference
from notifications.selectors import unread_count
from notifications.services import notification_read, notification_read_all, notify, notify_once
from tests.streams import events_of, types_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db


def test_a_notification_is_a_row_and_an_event(ann: User, inbox: str) -> None:
    notification = notify(ann, kind="disk", title=" Full ", body=" all of it ", url="/disks/1")
    assert (notification.title, notification.body, notification.kind) == ("Full", "all of it", "disk")
    [(type_, data)] = events_of(inbox)
    assert (type_, data["notification"]["id"], data["unread"]) == ("notification.created", notification.pk, 1)


def test_a_repeated_key_returns_the_first_notification(ann: User, inbox: str) -> None:
    first = notify(ann, title="one", key="k")
    again, created = notify_once(ann, title="two", key="k")
    assert (again, again.title, created) == (first, "one", False)
    assert types_of(inbox) == ["notification.created"]


def test_a_key_belongs_to_its_user(ann: User, bob: User) -> None:
    assert notify(ann, title="one", key="k") != notify(bob, title="one", key="k")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("title", {"title": " "}),
        ("title", {"title": "x" * 201}),
        ("body", {"body": "x" * 4_001}),
        ("body", {"body": "\x00"}),
        ("kind", {"kind": ""}),
        ("kind", {"kind": "Alert"}),
        ("kind", {"kind": "a" * 41}),
        ("url", {"url": "javascript:alert(1)"}),
        ("url", {"url": "//evil.example"}),
        ("key", {"key": ""}),
        ("key", {"key": "k" * 201}),
    ],
)
def test_a_notification_that_makes_no_sense_is_refused(ann: User, field: str, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidField) as caught:
        notify(ann, **{"title": "x", **fields})
    assert list(caught.value.fields) == [field]
    assert not Notification.objects.exists()


def test_a_muted_kind_comes_in_as_read_and_raises_no_badge(ann: User, inbox: str) -> None:
    Preference.objects.filter(user=ann).update(muted_kinds=["noise"])
    notification = notify(ann, kind="noise", title="x")
    assert notification.read_at == notification.created_at
    [(type_, data)] = events_of(inbox)
    assert (type_, data["unread"]) == ("notification.created", 0)
    assert data["notification"]["read_at"] is not None
    assert notify(ann, kind="alert", title="x").read_at is None


def test_a_user_without_preferences_or_inbox_can_be_told(ann: User) -> None:
    Preference.objects.all().delete()
    Inbox.objects.all().delete()
    notify(ann, title="x")
    assert Inbox.objects.get().user == ann


@pytest.mark.parametrize("rolled_back", [True, False])
def test_telling_is_part_of_the_callers_transaction(ann: User, inbox: str, rolled_back: bool) -> None:
    with transaction.atomic():
        notify(ann, title="x")
        transaction.set_rollback(rolled_back)
    assert Notification.objects.exists() is not rolled_back
    assert types_of(inbox) == ([] if rolled_back else ["notification.created"])


def test_reading_one_tells_the_other_devices(ann: User, inbox: str) -> None:
    first, _ = notify(ann, title="one"), notify(ann, title="two")
    answer = notification_read(ann, first.pk)
    assert (answer["id"], answer["unread"]) == (first.pk, 1)
    assert events_of(inbox, 2) == [("notification.read", answer)]


def test_reading_twice_is_as_good_as_once(ann: User, inbox: str) -> None:
    notification = notify(ann, title="one")
    first = notification_read(ann, notification.pk)
    notify(ann, title="two")
    assert notification_read(ann, notification.pk) == {**first, "unread": 1}
    assert types_of(inbox, 1) == ["notification.read", "notification.created"]


@pytest.mark.parametrize("number", [0, 1])
def test_somebody_elses_notification_is_as_unknown_as_none(ann: User, bob: User, number: int) -> None:
    notification_id = [notify(ann, title="x").pk, 10**6][number]
    with pytest.raises(UnknownNotification, match=f"there is no notification {notification_id}"):
        notification_read(bob, notification_id)
    assert unread_count(ann.pk) == 1


def test_reading_all_is_one_event(ann: User, bob: User, inbox: str) -> None:
    notifications = [notify(ann, title=str(number)) for number in range(3)]
    notify(bob, title="theirs")
    answer = notification_read_all(ann)
    assert (answer["through"], answer["unread"]) == (notifications[-1].pk, 0)
    assert events_of(inbox, 3) == [("notification.read_all", answer)]
    assert (unread_count(ann.pk), unread_count(bob.pk)) == (0, 1)


def test_reading_all_where_nothing_is_unread_tells_nothing(ann: User, inbox: str) -> None:
    assert notification_read_all(ann)["through"] is None
    notification = notify(ann, title="x")
    notification_read(ann, notification.pk)
    assert notification_read_all(ann)["through"] == notification.pk
    assert types_of(inbox, 2) == []


def test_reading_all_leaves_the_time_of_what_was_read_before(ann: User) -> None:
    first = notify(ann, title="one")
    read_at = notification_read(ann, first.pk)["read_at"]
    notify(ann, title="two")
    answer = notification_read_all(ann)
    first.refresh_from_db()
    assert first.read_at is not None
    assert first.read_at.isoformat(timespec="milliseconds")[:23] == read_at[:23]
    assert answer["read_at"] >= read_at


@pytest.mark.django_db(transaction=True)
def test_a_key_used_by_several_at_once_tells_once(ann: User, inbox: str) -> None:
    results: list[tuple[int, bool]] = []

    def tell(number: int) -> None:
        notification, created = notify_once(ann, title=f"from {number}", key="k")
        results.append((notification.pk, created))

    run_in_threads(4, tell)
    assert Notification.objects.count() == 1
    assert len({notification for notification, _ in results}) == 1
    assert sorted(created for _, created in results) == [False, False, False, True]
    assert types_of(inbox) == ["notification.created"]


@pytest.mark.django_db(transaction=True)
def test_unread_counts_of_several_at_once_come_in_commit_order(ann: User, inbox: str) -> None:
    def work(number: int) -> None:
        for _ in range(4):
            notification = notify(ann, title=str(number))
            if number % 2:
                notification_read(ann, notification.pk)
        if number == 3:
            notification_read_all(ann)

    run_in_threads(4, work)
    unread: set[int] = set()
    for type_, data in events_of(inbox):
        if type_ == "notification.created":
            unread.add(data["notification"]["id"])
        elif type_ == "notification.read":
            unread.discard(data["id"])
        else:
            unread = {notification for notification in unread if notification > data["through"]}
        assert data["unread"] == len(unread), type_
    assert unread_count(ann.pk) == len(unread)
