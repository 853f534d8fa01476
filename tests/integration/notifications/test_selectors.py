"""Reading an inbox."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from notifications import selectors
from notifications.models import Preference
from notifications.services import notification_read, notify
from tests.streams import head_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(ann: User, bob: User) -> list[int]:
    """The ids of five notifications of Ann's, newest first; the second newest is read."""
    ids = [notify(ann, title=str(number)).pk for number in range(5)][::-1]
    notify(bob, title="theirs")
    notification_read(ann, ids[1])
    return ids


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 50])
def test_paging_back_shows_everything_once(ann: User, five: list[int], limit: int) -> None:
    shown: list[int] = []
    page = selectors.inbox_page(ann, limit=limit)
    while True:
        shown += [notification.pk for notification in page.notifications]
        if page.older is None:
            break
        page = selectors.inbox_page(ann, before=page.older, limit=limit)
    assert shown == five


def test_what_is_read_can_be_left_out(ann: User, five: list[int]) -> None:
    page = selectors.inbox_page(ann, unread_only=True)
    assert [notification.pk for notification in page.notifications] == [five[0], *five[2:]]


def test_a_page_counts_the_whole_inbox(ann: User, five: list[int]) -> None:
    assert selectors.inbox_page(ann, limit=1).unread == 4


def test_a_page_carries_the_position_that_it_belongs_to(ann: User, inbox: str, five: list[int]) -> None:
    assert selectors.inbox_page(ann).position.offset == head_of(inbox) == 6


def test_an_empty_inbox_has_one_empty_page(ann: User) -> None:
    page = selectors.inbox_page(ann)
    assert (page.notifications, page.unread, page.older, page.position.offset) == ([], 0, None, 0)
    assert selectors.newest_id(ann.pk) is None


@pytest.mark.parametrize(("stored", "muted"), [([], []), (["a"], ["a"]), ("alert", []), ({"alert": 1}, [])])
def test_preferences_that_make_no_sense_mute_nothing(ann: User, stored: object, muted: list[str]) -> None:
    Preference.objects.filter(user=ann).update(muted_kinds=stored)
    assert selectors.muted_kinds(ann) == muted


def test_active_users_are_found_by_thousands_of_names(
    ann: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bob.is_active = False
    bob.save()
    odd = User.objects.create(username='o\'dd "one", 🙂{}%s')
    names = [*(f"nobody{number}" for number in range(3_000)), odd.username, "ann", "bob", "a\x00b", "\ud800"]
    with django_assert_num_queries(1):
        assert selectors.active_users(names) == {"ann": ann.pk, odd.username: odd.pk}
    assert selectors.active_users([]) == {}


def test_unread_counts_are_those_of_users_that_there_are(ann: User, bob: User, five: list[int]) -> None:
    nobody = [10**6 + number for number in range(2_000)]
    assert selectors.unread_counts([*nobody, 0, -1, 10**30, ann.pk, bob.pk]) == {ann.pk: 4, bob.pk: 1}
