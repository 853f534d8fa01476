"""From the chat's rows to events."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.core.management import call_command
from django.db import transaction

from chat import services
from chat.models import Membership, Message, Profile, Room
from chat.signals import TABLE, mentioned
from hub.core.errors import BadRequest
from hub.models import Event
from tests.integration.conftest import MakeUser
from tests.streams import events_of, types_of

pytestmark = pytest.mark.django_db


def say(room: Room, author: User | None, body: str = "x") -> Message:
    """Save a message as the shell does."""
    return Message.objects.create(room=room, author=author, body=body)


def change_message(room: Room, user: User) -> None:
    message = say(room, user)
    message.body = "y"
    message.save()


def delete_message(room: Room, user: User) -> None:
    say(room, user).delete()


def delete_messages(room: Room, user: User) -> None:
    say(room, user)
    Message.objects.filter(room=room).delete()


def change_room(room: Room, user: User) -> None:
    room.topic = "New"
    room.save()


def change_role(room: Room, user: User) -> None:
    membership = Membership.objects.create(room=room, user=user)
    membership.role = "owner"
    membership.save()


def leave(room: Room, user: User) -> None:
    Membership.objects.create(room=room, user=user).delete()


def delete_user(room: Room, user: User) -> None:
    Membership.objects.create(room=room, user=user)
    user.delete()


CHANGES: list[tuple[Callable[[Room, User], object], list[str]]] = [
    (say, ["message.created"]),
    (change_message, ["message.created", "message.updated"]),
    (delete_message, ["message.created", "message.deleted"]),
    (delete_messages, ["message.created", "message.deleted"]),
    (change_room, ["room.updated"]),
    (change_role, ["member.joined"]),
    (leave, ["member.joined", "member.left"]),
    (delete_user, ["member.joined", "member.left"]),
]


@pytest.mark.parametrize(("change", "types"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_a_row_that_changes_publishes(
    change: Callable[[Room, User], object], types: list[str], make_user: MakeUser
) -> None:
    room = Room.objects.create(slug="lobby", title="Lobby")
    change(room, make_user("bob"))
    assert types_of("chat:lobby") == types


def test_a_deleted_room_says_so_once_and_takes_the_rest_along(lobby: Room, ann: User) -> None:
    say(lobby, ann)
    lobby.delete()
    assert events_of("chat:lobby", 2) == [("room.deleted", {"slug": "lobby"})]
    assert not Message.objects.exists()


def test_rooms_that_are_deleted_together_each_say_so(lobby: Room, secret: Room, ann: User) -> None:
    say(lobby, ann)
    Room.objects.all().delete()
    assert types_of("chat:lobby", 2) == ["room.deleted"]
    assert types_of("chat:secret", 1) == ["room.deleted"]


def test_the_data_of_a_deleted_row_still_names_it(lobby: Room, ann: User, bob: User) -> None:
    message = say(lobby, ann)
    message_id = message.pk
    message.delete()
    membership = Membership.objects.create(room=lobby, user=bob)
    membership.delete()
    assert events_of("chat:lobby", 2)[0] == ("message.deleted", {"id": message_id})
    assert events_of("chat:lobby")[-1][1]["user"]["username"] == "bob"


def test_every_change_of_the_table_was_tried() -> None:
    tried = {type_ for _, types in CHANGES for type_ in types} | {"room.deleted"}
    assert len(TABLE) == len(tried)


def test_what_is_rolled_back_publishes_nothing(lobby: Room, ann: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        say(lobby, ann)
        raise ZeroDivisionError
    say(lobby, ann, "kept")
    assert [data["body"] for _, data in events_of("chat:lobby", 1)] == ["kept"]


@pytest.mark.django_db(transaction=True)
def test_a_plain_save_and_its_event_are_one_transaction(lobby: Room, ann: User) -> None:
    # A stream's name that the log refuses fails the publish, after the row was written.
    Room.objects.filter(pk=lobby.pk).update(slug="ä")
    with pytest.raises(BadRequest, match="expected a stream name"):
        say(Room.objects.get(), ann)
    assert not Message.objects.exists()


def test_a_fixture_publishes_nothing(lobby: Room, ann: User) -> None:
    say(lobby, ann)
    out = StringIO()
    call_command("dumpdata", "auth.user", "chat", stdout=out)
    Room.objects.all().delete()
    User.objects.all().delete()
    before = Event.objects.count()
    for row in serializers.deserialize("json", out.getvalue()):
        row.save()
    assert (Message.objects.count(), Membership.objects.count(), Profile.objects.count()) == (1, 1, 1)
    assert Event.objects.count() == before


def test_a_new_user_has_a_profile(make_user: MakeUser) -> None:
    user = make_user("carl")
    assert Profile.objects.get(user=user).display_name == ""
    user.save()
    assert Profile.objects.filter(user=user).count() == 1


@pytest.fixture
def heard() -> Iterator[list[list[str]]]:
    """Who was mentioned, each time the signal was sent."""
    calls: list[list[str]] = []

    def hear(users: list[User], **kwargs: Any) -> None:
        calls.append([user.username for user in users])

    mentioned.connect(hear, weak=False)
    yield calls
    mentioned.disconnect(hear)


def test_a_mention_is_told_to_other_applications(
    lobby: Room, ann: User, bob: User, heard: list[list[str]], make_user: MakeUser
) -> None:
    make_user("gone", is_active=False)
    say(lobby, ann, "hello @bob. and @ann, @gone, @nobody, @bob!")
    assert heard == [["bob"]]


def test_a_private_room_mentions_its_members_only(
    secret: Room, ann: User, bob: User, heard: list[list[str]], make_user: MakeUser
) -> None:
    Membership.objects.create(room=secret, user=bob)
    make_user("carl")
    say(secret, ann, "hello @carl and @bob")
    assert heard == [["bob"]]


def test_people_are_mentioned_in_one_order_everywhere(
    lobby: Room, ann: User, bob: User, heard: list[list[str]], make_user: MakeUser
) -> None:
    make_user("carl")
    say(lobby, ann, "@carl @bob")
    say(lobby, ann, "@bob @carl")
    assert heard == [["bob", "carl"], ["bob", "carl"]]


def test_an_edit_may_mention_and_a_lost_author_does_not(
    lobby: Room, ann: User, bob: User, heard: list[list[str]]
) -> None:
    message = say(lobby, ann, "hello")
    services.message_edit(ann, lobby, message.pk, "hello @bob")
    assert heard == [["bob"]]
    ann.delete()
    assert heard == [["bob"]]
