"""The streams of the rooms: rights and commands."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import services
from chat.errors import InvalidField, RoomClosed, UnknownRoom
from chat.models import Message, Room
from hub.core.errors import MethodNotFound, PermissionDenied, UnknownStream
from hub.core.types import JSONObject
from hub.identity import Guest
from hub.namespaces import Caller, namespaces
from tests.streams import types_of

pytestmark = pytest.mark.django_db


def run(user: User, stream: str, command: str, data: JSONObject) -> JSONObject:
    """Carry out a command as a connection does."""
    namespace, name = namespaces.resolve(stream)
    return namespace.run(Caller(user, name), command, data)


def test_those_who_may_read_a_room_may_subscribe(lobby: Room, secret: Room, ann: User, bob: User) -> None:
    namespaces.check_subscribe(ann, "chat:lobby")
    namespaces.check_subscribe(ann, "chat:secret")
    namespaces.check_subscribe(bob, "chat:lobby")
    for slug in ("secret", "none"):
        with pytest.raises(UnknownRoom, match=f"there is no room '{slug}'"):
            namespaces.check_subscribe(bob, f"chat:{slug}")


def test_a_closed_room_can_still_be_read(lobby: Room, ann: User, bob: User) -> None:
    services.room_update(ann, lobby, is_closed=True)
    namespaces.check_subscribe(bob, "chat:lobby")


def test_what_is_published_to_a_room_is_a_message(lobby: Room, bob: User) -> None:
    assert run(bob, "chat:lobby", "publish", {"data": {"body": "hi"}}) == {}
    [message] = Message.objects.all()
    assert (message.author, message.body) == (bob, "hi")
    assert types_of("chat:lobby").count("message.created") == 1


def test_a_repeated_key_publishes_one_message(lobby: Room, bob: User) -> None:
    for _ in range(2):
        run(bob, "chat:lobby", "publish", {"data": {"body": "hi"}, "key": "k"})
        run(bob, "chat:lobby", "publish", {"data": {"body": "ho", "key": "l"}})
    assert list(Message.objects.values_list("body", flat=True)) == ["hi", "ho"]


def test_a_client_of_the_centrifugo_protocol_can_chat(lobby: Room, bob: User) -> None:
    namespace, name = namespaces.resolve("chat:lobby")
    caller = Caller(bob, name, info={"user": str(bob.pk), "client": "c"})
    namespace.run(caller, "publish", {"data": {"body": "hi"}})
    assert Message.objects.get().body == "hi"


@pytest.mark.parametrize(
    "data",
    [
        {"data": {}},
        {"data": {"body": 7}},
        {"data": {"body": "hi", "other": 1}},
        {"data": {"body": "hi"}, "type": "message.created"},
        {"data": {"type": "message.deleted"}},
    ],
)
def test_what_is_no_message_cannot_be_published_to_a_room(lobby: Room, bob: User, data: JSONObject) -> None:
    with pytest.raises(InvalidField):
        run(bob, "chat:lobby", "publish", data)
    assert not Message.objects.exists()


def test_nobody_publishes_to_a_room_that_they_may_not_know_of_or_that_is_closed(
    lobby: Room, secret: Room, ann: User, bob: User
) -> None:
    with pytest.raises(UnknownRoom):
        run(bob, "chat:secret", "publish", {"data": {"body": "hi"}})
    services.room_update(ann, lobby, is_closed=True)
    with pytest.raises(RoomClosed):
        run(bob, "chat:lobby", "publish", {"data": {"body": "hi"}})
    with pytest.raises(PermissionDenied):
        namespaces.check_publish(Guest("eve"), "chat:lobby")


def test_a_post_answers_with_the_message(lobby: Room, bob: User) -> None:
    result = run(bob, "chat:lobby", "message.post", {"body": "hi", "key": "k"})
    assert (result["body"], result["author"]["username"], result["room"]) == ("hi", "bob", "lobby")
    assert run(bob, "chat:lobby", "message.post", {"body": "other", "key": "k"}) == result
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"body": None},
        {"body": 7},
        {"body": " "},
        {"body": ["a"]},
        {"body": "a", "key": 7},
        {"body": "a", "key": ""},
        {"body": "a", "kye": "k"},
    ],
)
def test_a_post_that_makes_no_sense_is_refused(lobby: Room, bob: User, data: JSONObject) -> None:
    with pytest.raises(InvalidField):
        run(bob, "chat:lobby", "message.post", data)
    assert types_of("chat:lobby", 1) == []


def test_a_closed_room_refuses_commands(lobby: Room, ann: User) -> None:
    services.room_update(ann, lobby, is_closed=True)
    for command, data in (("message.post", {"body": "hi"}), ("typing", {})):
        with pytest.raises(RoomClosed):
            run(ann, "chat:lobby", command, data)


def test_a_hidden_room_knows_no_command(secret: Room, bob: User) -> None:
    for command, data in (("message.post", {"body": "hi"}), ("typing", {})):
        with pytest.raises(UnknownRoom):
            run(bob, "chat:secret", command, data)


def test_typing_writes_nothing(lobby: Room, ann: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert run(ann, "chat:lobby", "typing", {}) == {}
    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert types_of("chat:lobby", 1) == []


def test_an_unknown_command_is_told_which_there_are(lobby: Room, ann: User) -> None:
    expected = r"expected one of the commands message\.post, presence, presence\.stats, publish, typing"
    with pytest.raises(MethodNotFound, match=expected):
        run(ann, "chat:lobby", "message.delete", {})


def test_the_namespace_takes_no_stream_of_another_separator() -> None:
    with pytest.raises(UnknownStream, match="there is no stream"):
        namespaces.resolve("chat#lobby")
