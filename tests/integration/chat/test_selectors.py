"""Reading the chat."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from chat import selectors, services
from chat.errors import UnknownMessage, UnknownRoom, UnknownUser
from chat.models import Membership, Message, Room
from tests.integration.conftest import MakeUser
from tests.streams import head_of

pytestmark = pytest.mark.django_db


def slugs(user: User, words: str | None = None) -> list[tuple[str, bool]]:
    """Return the rooms that a user is shown, and in which of them they are members."""
    rooms: Any = selectors.rooms_readable(user) if words is None else selectors.rooms_found(user, words)
    return [(room.slug, room.is_member) for room in rooms]


def test_rooms_are_shown_to_those_who_may_read_them(lobby: Room, secret: Room, ann: User, bob: User) -> None:
    assert slugs(ann) == [("lobby", True), ("secret", True)]
    assert slugs(bob) == [("lobby", False)]
    ann.is_active = False
    assert slugs(ann) == []


def test_rooms_are_found_by_slug_title_and_topic(lobby: Room, secret: Room, ann: User, bob: User) -> None:
    assert slugs(ann, "SECR") == [("secret", True)]
    assert slugs(ann, "all") == [("lobby", True)]
    assert slugs(bob, "secret") == []


@pytest.mark.parametrize("slug", ["secret", "none", "", "SECRET", "a\x00b", "x" * 300])
def test_a_hidden_room_is_as_unknown_as_none(secret: Room, bob: User, slug: str) -> None:
    with pytest.raises(UnknownRoom):
        selectors.room_for(bob, slug)


def test_people_are_found_by_their_exact_name(ann: User, make_user: MakeUser) -> None:
    make_user("gone", is_active=False)
    assert selectors.user_named("ann") == ann
    for name in ("Ann", "gone", "nobody", "a\x00b", ""):
        with pytest.raises(UnknownUser):
            selectors.user_named(name)


def test_a_disabled_member_is_still_found_in_the_room(lobby: Room, make_user: MakeUser, ann: User) -> None:
    gone = make_user("gone", is_active=False)
    Membership.objects.create(room=lobby, user=gone)
    assert selectors.member_named(lobby, "gone") == gone
    make_user("carl")
    with pytest.raises(UnknownUser):
        selectors.member_named(lobby, "carl")


def test_a_message_is_found_in_its_own_room(lobby: Room, secret: Room, ann: User) -> None:
    message, _ = services.message_post(ann, lobby, "x")
    assert selectors.message_in(lobby, message.pk) == message
    with pytest.raises(UnknownMessage):
        selectors.message_in(secret, message.pk)


@pytest.fixture
def history(lobby: Room, ann: User) -> list[int]:
    """The ids of seven messages, oldest first, with holes between them."""
    messages = [services.message_post(ann, lobby, str(number))[0] for number in range(10)]
    for hole in (2, 5, 8):
        messages[hole].delete()
    return list(Message.objects.order_by("id").values_list("pk", flat=True))


def test_the_latest_page_ends_at_the_newest_message(lobby: Room, history: list[int]) -> None:
    page = selectors.history_page(lobby, limit=3)
    assert [message.pk for message in page.messages] == history[-3:]
    assert (page.older, page.newer) == (history[-3], None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_paging_back_and_forth_shows_every_message_once_in_order(lobby: Room, history: list[int], limit: int) -> None:
    back: list[int] = []
    page = selectors.history_page(lobby, limit=limit)
    while True:
        back[:0] = [message.pk for message in page.messages]
        if page.older is None:
            break
        page = selectors.history_page(lobby, before=page.older, limit=limit)
    assert back == history
    forth: list[int] = []
    page = selectors.history_page(lobby, after=0, limit=limit)
    while True:
        forth += [message.pk for message in page.messages]
        if page.newer is None:
            break
        page = selectors.history_page(lobby, after=page.newer, limit=limit)
    assert forth == history


def test_a_page_does_not_shift_when_messages_come(lobby: Room, ann: User, history: list[int]) -> None:
    first = selectors.history_page(lobby, limit=3)
    services.message_post(ann, lobby, "new")
    second = selectors.history_page(lobby, before=first.older, limit=3)
    assert [message.pk for message in second.messages] == history[1:4]


def test_beyond_either_end_one_can_only_turn_round(lobby: Room, history: list[int]) -> None:
    oldest = selectors.history_page(lobby, before=history[0])
    assert (oldest.messages, oldest.older, oldest.newer) == ([], None, history[0] - 1)
    assert selectors.history_page(lobby, after=oldest.newer).messages[0].pk == history[0]
    newest = selectors.history_page(lobby, after=history[-1])
    assert (newest.messages, newest.older, newest.newer) == ([], history[-1] + 1, None)
    assert selectors.history_page(lobby, before=newest.older).messages[-1].pk == history[-1]


def test_an_empty_room_has_one_empty_page(secret: Room) -> None:
    page = selectors.history_page(secret)
    assert (page.messages, page.older, page.newer) == ([], None, None)


def test_a_page_carries_the_position_that_it_belongs_to(lobby: Room, history: list[int]) -> None:
    assert selectors.history_page(lobby).position.offset == head_of("chat:lobby") == 14


def test_a_page_takes_as_many_queries_as_another(
    lobby: Room, history: list[int], django_assert_num_queries: Callable[[int], Any]
) -> None:
    for limit in (1, 7):
        with django_assert_num_queries(4):
            page = selectors.history_page(lobby, limit=limit)
            # Nothing is fetched one by one afterwards.
            assert all(message.author is not None and message.author.profile for message in page.messages)
