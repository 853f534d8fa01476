"""Telling many users at once does what telling each of them does."""

import threading
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.errors import InvalidField
from hub.publish import publish_to_many
from notifications import services
from notifications.events import stream_name
from notifications.models import Inbox, Notification, Preference
from notifications.selectors import unread_count
from notifications.services import Alert, Told, notify, notify_many, notify_once
from tests.integration.conftest import MakeUser
from tests.servers import wait_until
from tests.streams import events_of, types_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db

#: What an alert is made of: which of the users, its kind, its key.
plans = st.tuples(st.integers(0, 2), st.sampled_from(["alert", "noise"]), st.none() | st.sampled_from(["k", "l"]))


@pytest.fixture
def crowd(make_user: MakeUser) -> list[User]:
    """Three users, the first of whom has muted noise."""
    users = [make_user(f"user{number}") for number in range(3)]
    Preference.objects.filter(user=users[0]).update(muted_kinds=["noise"])
    return users


def stripped(user: User) -> list[tuple[str, object, object, object]]:
    """Return the events of a user's inbox, without ids and times."""
    return [
        (type_, data["notification"]["title"], data["notification"]["read_at"] is None, data["unread"])
        for type_, data in events_of(stream_name(user.pk))
    ]


@settings(
    deadline=None,
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(st.lists(plans, max_size=6), min_size=1, max_size=3))
def test_many_alerts_do_what_each_would_do_by_itself(
    batches: list[list[tuple[int, str, str | None]]], crowd: list[User]
) -> None:
    def told(many: bool) -> tuple[object, ...]:
        answers: list[bool] = []
        first: list[str] = []
        with transaction.atomic():
            for turn, batch in enumerate(batches):
                alerts = [
                    Alert(user_id=crowd[who].pk, kind=kind, title=f"{turn}.{place}", key=key)
                    for place, (who, kind, key) in enumerate(batch)
                ]
                outcomes = notify_many(alerts) if many else [one_by_one(alert) for alert in alerts]
                assert None not in outcomes
                answers += [outcome.created for outcome in outcomes if outcome]
                first += [Notification.objects.get(pk=outcome.notification_id).title for outcome in outcomes if outcome]
            result = answers, first, [stripped(user) for user in crowd], [unread_count(user.pk) for user in crowd]
            transaction.set_rollback(True)
        return result

    assert told(many=True) == told(many=False)


def one_by_one(alert: Alert) -> Told:
    user = User.objects.get(pk=alert.user_id)
    notification, created = notify_once(user, kind=alert.kind, title=alert.title, key=alert.key)
    return Told(notification.pk, created)


def test_all_fields_are_kept(ann: User, inbox: str) -> None:
    [told] = notify_many(
        [Alert(user_id=ann.pk, kind="disk", title=" Full ", body=" all of it ", url="/disks/1", key="k")]
    )
    notification = Notification.objects.get()
    assert told == Told(notification.pk, True)
    fields = ("user_id", "kind", "title", "body", "url", "key", "read_at")
    assert [getattr(notification, name) for name in fields] == [
        ann.pk,
        "disk",
        "Full",
        "all of it",
        "/disks/1",
        "k",
        None,
    ]
    [(type_, data)] = events_of(inbox)
    assert (type_, data["notification"]["id"], data["unread"]) == ("notification.created", notification.pk, 1)


def test_several_alerts_of_one_user_count_up(ann: User, bob: User, inbox: str) -> None:
    notify(ann, title="before")
    alerts = [Alert(user_id=user.pk, title=str(number)) for number in range(3) for user in (bob, ann)]
    notify_many(alerts)
    assert [data["unread"] for _, data in events_of(inbox, 1)] == [2, 3, 4]
    assert [data["notification"]["title"] for _, data in events_of(inbox, 1)] == ["0", "1", "2"]


def test_a_user_that_is_not_there_keeps_nobody_from_being_told(ann: User, inbox: str) -> None:
    outcomes = notify_many([Alert(user_id=ann.pk + 10**6, title="x"), Alert(user_id=ann.pk, title="x")])
    assert outcomes == [None, Told(Notification.objects.get().pk, True)]
    assert types_of(inbox) == ["notification.created"]


def test_users_without_an_inbox_or_preferences_are_told(crowd: list[User]) -> None:
    Inbox.objects.all().delete()
    Preference.objects.all().delete()
    notify_many(Alert(user_id=user.pk, title="x") for user in crowd)
    assert set(Inbox.objects.values_list("user", flat=True)) == {user.pk for user in crowd}
    assert Notification.objects.count() == 3


def test_one_alert_that_makes_no_sense_keeps_all_from_being_told(ann: User, bob: User) -> None:
    good = Alert(user_id=ann.pk, title="x")
    for wrong in ({"title": ""}, {"url": "//evil.example"}, {"kind": "A"}, {"key": ""}, {"body": "\x00"}):
        with pytest.raises(InvalidField) as caught:
            notify_many([good, replace(good, **wrong)])  # type: ignore[arg-type]
        assert list(caught.value.fields) == list(wrong)
    assert not Notification.objects.exists()


def test_a_crowd_takes_few_statements(make_user: MakeUser) -> None:
    users = [make_user(f"user{number}") for number in range(40)]
    alerts = [Alert(user_id=user.pk, title="x", key="k") for user in users]
    notify_many(alerts)
    with CaptureQueriesContext(connection) as queries:
        notify_many(replace(alert, key="l") for alert in alerts)
    assert len(queries) < 20


def test_what_was_told_before_an_error_stays_and_a_repeat_goes_on_there(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "CHUNK", 2)
    users = [make_user(f"user{number}") for number in range(5)]
    alerts = [Alert(user_id=user.pk, title="x", key="k") for user in users]
    calls = iter([None, ZeroDivisionError, None, None])

    def fail_once(batch: object) -> object:
        if error := next(calls):
            raise error
        return publish_to_many(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "publish_to_many", fail_once)
    with pytest.raises(ZeroDivisionError):
        notify_many(alerts)
    assert Notification.objects.count() == 2
    outcomes = notify_many(alerts)
    assert [outcome and outcome.created for outcome in outcomes] == [False, False, True, True, True]
    assert [types_of(stream_name(user.pk)) for user in users] == [["notification.created"]] * 5


@pytest.mark.sqlite
def test_a_database_that_cannot_return_what_it_inserts_tells_all_the_same(
    crowd: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    outcomes = notify_many(Alert(user_id=user.pk, title="x", key="k") for user in crowd)
    outcomes += notify_many([Alert(user_id=crowd[1].pk, title="x", key=key) for key in ("k", None)])
    assert [outcome.created for outcome in outcomes if outcome] == [True, True, True, False, True]
    ids = [outcome.notification_id for outcome in outcomes if outcome]
    assert ids[1] == ids[3]
    assert set(ids) == set(Notification.objects.values_list("pk", flat=True))
    assert [data["unread"] for _, data in events_of(stream_name(crowd[1].pk))] == [1, 2]


@pytest.mark.parametrize("rolled_back", [True, False])
def test_telling_many_is_part_of_the_callers_transaction(crowd: list[User], rolled_back: bool) -> None:
    with transaction.atomic():
        notify_many(Alert(user_id=user.pk, title="x") for user in crowd)
        transaction.set_rollback(rolled_back)
    assert Notification.objects.exists() is not rolled_back
    assert [types_of(stream_name(user.pk)) for user in crowd] == [[] if rolled_back else ["notification.created"]] * 3


@pytest.mark.django_db(transaction=True)
def test_crowds_that_are_told_at_once_in_opposite_orders_are_all_told(crowd: list[User]) -> None:
    def tell(number: int) -> None:
        for turn in range(5):
            users = crowd[::-1] if number % 2 else crowd
            notify_many(Alert(user_id=user.pk, title=f"{number}.{turn}", key=f"{number // 2}.{turn}") for user in users)
            notify(users[number % 3], title="besides")

    run_in_threads(4, tell)
    for user in crowd:
        counts = [data["unread"] for _, data in events_of(stream_name(user.pk))]
        assert counts == list(range(1, len(counts) + 1))
    # Two writers share each key: 2 x 5 keys for each of three users, and 4 x 5 besides.
    assert Notification.objects.count() == 2 * 5 * 3 + 4 * 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_a_key_that_a_plain_save_is_just_using_is_waited_for(ann: User, inbox: str) -> None:
    saved = threading.Event()
    answers: list[Told | None] = []

    def act(number: int) -> None:
        if number == 0:
            assert saved.wait(timeout=60)
            answers.extend(notify_many([Alert(user_id=ann.pk, title="mine", key="k")]))
        else:
            with transaction.atomic():
                # It takes no lock on the inbox.
                Notification.objects.create(user=ann, title="theirs", key="k")
                saved.set()
                wait_until(somebody_waits_for_a_lock, "the other one to wait", seconds=60)

    run_in_threads(2, act)
    assert answers == [Told(Notification.objects.get().pk, False)]
    assert types_of(inbox) == ["notification.created"]


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
