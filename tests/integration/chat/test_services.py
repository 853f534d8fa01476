"""Writing to the chat."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from chat import services
from chat.errors import InvalidField, RoomClosed, UnknownMessage, UnknownRoom
from chat.models import Membership, Message, Room
from hub.core.errors import PermissionDenied
from tests.integration.conftest import MakeUser
from tests.streams import events_of, types_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db


def close(room: Room) -> None:
    """Make a room read-only."""
    room.is_closed = True
    room.save()


def test_a_posted_message_is_a_row_and_an_event(lobby: Room, ann: User) -> None:
    message, created = services.message_post(ann, lobby, "  hello ")
    assert created
    assert (message.body, message.author, message.room) == ("hello", ann, lobby)
    assert events_of("chat:lobby")[-1][1]["id"] == message.pk


def test_posting_in_a_public_room_joins(lobby: Room, bob: User) -> None:
    services.message_post(bob, lobby, "hello")
    services.message_post(bob, lobby, "again")
    assert Membership.objects.get(room=lobby, user=bob).role == "member"
    assert types_of("chat:lobby", 1) == ["member.joined", "message.created", "message.created"]


def test_a_repeated_key_returns_the_first_message(lobby: Room, ann: User) -> None:
    first, _ = services.message_post(ann, lobby, "one", key="k")
    again, created = services.message_post(ann, lobby, "two", key="k")
    assert not created
    assert (again.pk, again.body) == (first.pk, "one")
    assert types_of("chat:lobby", 1) == ["message.created"]


def test_a_key_belongs_to_its_author_and_room(lobby: Room, secret: Room, ann: User, bob: User) -> None:
    posts = [(ann, lobby), (bob, lobby), (ann, secret)]
    assert all(services.message_post(user, room, "x", key="k")[1] for user, room in posts)


def test_a_repeated_key_is_answered_after_the_room_was_closed(lobby: Room, ann: User) -> None:
    first, _ = services.message_post(ann, lobby, "one", key="k")
    close(lobby)
    assert services.message_post(ann, lobby, "one", key="k") == (first, False)


def test_a_repeated_key_is_not_answered_to_who_may_not_read_any_more(secret: Room, ann: User) -> None:
    services.message_post(ann, secret, "one", key="k")
    Membership.objects.all().delete()
    with pytest.raises(UnknownRoom):
        services.message_post(ann, secret, "one", key="k")


@pytest.mark.parametrize("body", ["", "  \n", "x" * 4_001, "a\x00b", "\ud800"])
def test_a_body_that_is_no_message_is_refused(lobby: Room, ann: User, body: str) -> None:
    with pytest.raises(InvalidField, match="body: expected"):
        services.message_post(ann, lobby, body)
    assert not Message.objects.exists()


def test_the_longest_message_passes(lobby: Room, ann: User) -> None:
    assert services.message_post(ann, lobby, "é" * 4_000)[1]


def test_a_closed_room_takes_no_message_and_no_member(lobby: Room, bob: User) -> None:
    close(lobby)
    with pytest.raises(RoomClosed):
        services.message_post(bob, lobby, "hello")
    assert types_of("chat:lobby", 1) == ["room.updated"]


def test_a_room_that_was_closed_meanwhile_takes_no_message(lobby: Room, ann: User) -> None:
    Room.objects.filter(pk=lobby.pk).update(is_closed=True)
    assert not lobby.is_closed
    with pytest.raises(RoomClosed):
        services.message_post(ann, lobby, "hello")


def test_a_room_that_was_deleted_meanwhile_is_unknown(lobby: Room, ann: User) -> None:
    Room.objects.filter(pk=lobby.pk).delete()
    with pytest.raises(UnknownRoom, match="there is no room 'lobby'"):
        services.message_post(ann, lobby, "hello")


def test_a_disabled_user_writes_nothing(lobby: Room, ann: User) -> None:
    ann.is_active = False
    with pytest.raises(UnknownRoom):
        services.message_post(ann, lobby, "hello")
    with pytest.raises(PermissionDenied):
        services.room_create(ann, slug="new", title="New")


HIDDEN: list[tuple[str, Callable[[User, Room], object]]] = [
    ("post", lambda user, room: services.message_post(user, room, "x")),
    ("edit", lambda user, room: services.message_edit(user, room, 1, "x")),
    ("delete", lambda user, room: services.message_delete(user, room, 1)),
    ("update", lambda user, room: services.room_update(user, room, title="x")),
    ("join", lambda user, room: services.room_join(user, room)),
    ("leave", lambda user, room: services.room_leave(user, room)),
    ("add", lambda user, room: services.member_add(user, room, user)),
    ("remove", lambda user, room: services.member_remove(user, room, user)),
    ("typing", lambda user, room: services.typing_announce(user, room)),
]


@pytest.mark.parametrize(("name", "call"), HIDDEN, ids=[name for name, _ in HIDDEN])
def test_a_hidden_room_is_answered_like_one_that_does_not_exist(
    name: str, call: Callable[[User, Room], object], secret: Room, bob: User
) -> None:
    with pytest.raises(UnknownRoom) as caught:
        call(bob, secret)
    assert caught.value.message == UnknownRoom("secret").message
    assert types_of("chat:secret", 1) == []


def test_an_author_edits_a_message(lobby: Room, ann: User) -> None:
    message, _ = services.message_post(ann, lobby, "one")
    edited = services.message_edit(ann, lobby, message.pk, "two")
    assert (edited.body, edited.edited_at is not None) == ("two", True)
    assert types_of("chat:lobby", 2) == ["message.updated"]


def test_an_edit_that_changes_nothing_tells_nothing(lobby: Room, ann: User) -> None:
    message, _ = services.message_post(ann, lobby, "one")
    assert services.message_edit(ann, lobby, message.pk, " one ").edited_at is None
    assert types_of("chat:lobby", 2) == []


def test_not_even_an_owner_edits_what_somebody_else_said(lobby: Room, ann: User, bob: User) -> None:
    message, _ = services.message_post(bob, lobby, "one")
    with pytest.raises(PermissionDenied, match="only its author"):
        services.message_edit(ann, lobby, message.pk, "two")


def test_authors_and_owners_delete(lobby: Room, ann: User, bob: User) -> None:
    messages = [services.message_post(bob, lobby, "one")[0] for _ in range(2)]
    services.message_delete(bob, lobby, messages[0].pk)
    services.message_delete(ann, lobby, messages[1].pk)
    assert not Message.objects.exists()


def test_a_member_deletes_nothing_of_others(lobby: Room, ann: User, bob: User) -> None:
    message, _ = services.message_post(ann, lobby, "one")
    services.room_join(bob, lobby)
    with pytest.raises(PermissionDenied):
        services.message_delete(bob, lobby, message.pk)


def test_a_message_of_another_room_is_unknown_here(lobby: Room, secret: Room, ann: User) -> None:
    message, _ = services.message_post(ann, secret, "one")
    with pytest.raises(UnknownMessage):
        services.message_edit(ann, lobby, message.pk, "two")
    with pytest.raises(UnknownMessage):
        services.message_delete(ann, lobby, message.pk)


def test_a_closed_room_is_read_only(lobby: Room, ann: User) -> None:
    message, _ = services.message_post(ann, lobby, "one")
    close(lobby)
    with pytest.raises(RoomClosed):
        services.message_edit(ann, lobby, message.pk, "two")
    with pytest.raises(RoomClosed):
        services.message_delete(ann, lobby, message.pk)
    with pytest.raises(RoomClosed):
        services.typing_announce(ann, lobby)


def test_whoever_makes_a_room_owns_it(bob: User) -> None:
    room = services.room_create(bob, slug="new", title=" New ", topic=" t ", is_private=True)
    assert (room.title, room.topic, room.is_private) == ("New", "t", True)
    assert Membership.objects.get(room=room).role == "owner"
    assert types_of("chat:new") == ["member.joined"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("slug", {"slug": "Lobby"}),
        ("slug", {"slug": "x" * 65}),
        ("slug", {"slug": "lobby"}),
        ("title", {"title": " "}),
        ("title", {"title": "x" * 101}),
        ("topic", {"topic": "x" * 251}),
    ],
)
def test_a_room_that_makes_no_sense_is_refused(lobby: Room, ann: User, field: str, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidField) as caught:
        services.room_create(ann, **{"slug": "new", "title": "New", **fields})  # type: ignore[arg-type]
    assert list(caught.value.fields) == [field]
    assert Room.objects.count() == 1


def test_the_slug_of_a_deleted_room_is_not_given_again(secret: Room, ann: User, bob: User) -> None:
    services.message_post(ann, secret, "the old room's secret")
    secret.delete()
    with pytest.raises(InvalidField, match="slug: 'secret' is taken, or was once"):
        services.room_create(bob, slug="secret", title="Mine")


def test_an_owner_changes_what_is_given_and_nothing_else(lobby: Room, ann: User) -> None:
    room = services.room_update(ann, lobby, topic="", is_closed=True)
    room.refresh_from_db()
    assert (room.title, room.topic, room.is_closed) == ("Lobby", "", True)
    services.room_update(ann, lobby, title="Lobby")
    assert types_of("chat:lobby", 1) == ["room.updated"]


def test_a_member_manages_nothing(lobby: Room, bob: User, make_user: MakeUser) -> None:
    services.room_join(bob, lobby)
    carl = make_user("carl")
    for call in (
        lambda: services.room_update(bob, lobby, title="Mine"),
        lambda: services.member_add(bob, lobby, carl),
        lambda: services.member_remove(bob, lobby, bob),
    ):
        with pytest.raises(PermissionDenied, match="only the room's owners"):
            call()


def test_joining_and_leaving_twice_is_as_good_as_once(lobby: Room, bob: User) -> None:
    services.room_join(bob, lobby)
    services.room_join(bob, lobby)
    services.room_leave(bob, lobby)
    services.room_leave(bob, lobby)
    assert types_of("chat:lobby", 1) == ["member.joined", "member.left"]


def test_joining_again_keeps_an_owner_an_owner(lobby: Room, ann: User) -> None:
    assert services.room_join(ann, lobby).role == "owner"
    assert services.member_add(ann, lobby, ann).role == "owner"


def test_an_owner_lets_people_into_a_private_room_and_out(secret: Room, ann: User, bob: User) -> None:
    services.member_add(ann, secret, bob)
    services.message_post(bob, secret, "thanks")
    services.member_remove(ann, secret, bob)
    with pytest.raises(UnknownRoom):
        services.message_post(bob, secret, "again")
    assert types_of("chat:secret", 1) == ["member.joined", "message.created", "member.left"]


@pytest.mark.parametrize("rolled_back", [True, False])
def test_a_post_is_part_of_the_callers_transaction(lobby: Room, ann: User, rolled_back: bool) -> None:
    with transaction.atomic():
        services.message_post(ann, lobby, "one")
        transaction.set_rollback(rolled_back)
    assert Message.objects.exists() is not rolled_back
    assert types_of("chat:lobby", 1) == ([] if rolled_back else ["message.created"])


def test_messages_lose_a_deleted_author_and_readers_are_told(lobby: Room, secret: Room, ann: User, bob: User) -> None:
    services.message_post(bob, lobby, "one")
    services.message_post(ann, secret, "two")
    bob.delete()
    assert [message.author for message in Message.objects.all()] == [None, ann]
    told = events_of("chat:lobby", 3)
    assert [(type_, data.get("author")) for type_, data in told] == [("message.updated", None), ("member.left", None)]
    assert types_of("chat:secret", 2) == []


@pytest.mark.django_db(transaction=True)
def test_a_key_used_by_several_at_once_makes_one_message(lobby: Room, ann: User) -> None:
    results: list[tuple[int, bool]] = []

    def post(number: int) -> None:
        message, created = services.message_post(ann, lobby, f"from {number}", key="k")
        results.append((message.pk, created))

    run_in_threads(4, post)
    assert Message.objects.count() == 1
    assert len({message for message, _ in results}) == 1
    assert sorted(created for _, created in results) == [False, False, False, True]
    assert types_of("chat:lobby", 1) == ["message.created"]


@pytest.mark.django_db(transaction=True)
def test_posts_of_several_at_once_have_one_order_in_rows_and_events(lobby: Room, make_user: MakeUser) -> None:
    users = [make_user(f"user{number}") for number in range(4)]

    def post(number: int) -> None:
        for count in range(5):
            services.message_post(users[number], lobby, f"{number}.{count}")

    run_in_threads(4, post)
    told = [data["id"] for type_, data in events_of("chat:lobby") if type_ == "message.created"]
    assert told == list(Message.objects.order_by("id").values_list("pk", flat=True))
    assert len(told) == 20
