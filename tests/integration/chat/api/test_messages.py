"""A room's messages over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat import services
from chat.models import Message, Room
from tests.streams import events_of, head_of, types_of

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], APIClient]
MESSAGES = "/api/v1/rooms/lobby/messages/"


@pytest.fixture
def as_ann(client_of: ClientOf, ann: User) -> APIClient:
    """The owner's client."""
    return client_of(ann)


@pytest.fixture
def as_bob(client_of: ClientOf, bob: User) -> APIClient:
    """Somebody else's client."""
    return client_of(bob)


def post(client: APIClient, **data: Any) -> Any:
    """Post a message."""
    return client.post(MESSAGES, data, format="json")


def test_a_posted_message_is_answered_as_it_is_told(as_bob: APIClient, lobby: Room) -> None:
    response = post(as_bob, body=" hi ")
    assert response.status_code == 201
    assert response.json()["body"] == "hi"
    assert events_of("chat:lobby")[-1] == ("message.created", response.json())


def test_a_repeated_key_answers_200_with_the_first_message(as_bob: APIClient, lobby: Room) -> None:
    first = post(as_bob, body="one", key="k")
    again = post(as_bob, body="two", key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert types_of("chat:lobby", 2) == ["message.created"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": "   "}, "body"),
        ({"body": None}, "body"),
        ({"body": ["a"]}, "body"),
        ({"body": "x" * 4_001}, "body"),
        ({"body": "x", "key": ""}, "key"),
        ({"body": "x", "key": "k" * 201}, "key"),
        ({"body": "x\x00"}, None),
    ],
)
def test_a_message_that_makes_no_sense_is_refused(as_ann: APIClient, lobby: Room, data: Any, field: str | None) -> None:
    response = post(as_ann, **data)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == 107
    assert list(error.get("fields", [])) == ([field] if field else [])
    assert not Message.objects.exists()


def test_a_null_key_is_no_key(as_ann: APIClient, lobby: Room) -> None:
    assert [post(as_ann, body="x", key=None).status_code for _ in range(2)] == [201, 201]


def test_a_closed_room_answers_409(as_ann: APIClient, ann: User, lobby: Room) -> None:
    message, _ = services.message_post(ann, lobby, "x")
    services.room_update(ann, lobby, is_closed=True)
    path = f"{MESSAGES}{message.pk}/"
    responses = [post(as_ann, body="x"), as_ann.patch(path, {"body": "y"}, format="json"), as_ann.delete(path)]
    assert [response.status_code for response in responses] == [409, 409, 409]
    assert responses[0].json() == {"error": {"code": 400, "message": "room is closed"}}
    assert as_ann.get(path).status_code == 200


def test_an_author_changes_and_deletes_a_message(as_bob: APIClient, lobby: Room) -> None:
    path = f"{MESSAGES}{post(as_bob, body='one').json()['id']}/"
    changed = as_bob.patch(path, {"body": "two"}, format="json")
    assert changed.json() == as_bob.get(path).json() == events_of("chat:lobby")[-1][1]
    assert changed.json()["edited_at"].endswith("Z")
    assert as_bob.delete(path).status_code == 204
    assert as_bob.get(path).status_code == 404
    assert as_bob.delete(path).json()["error"]["code"] == 102


def test_a_change_without_a_body_is_refused(as_bob: APIClient, lobby: Room) -> None:
    path = f"{MESSAGES}{post(as_bob, body='one').json()['id']}/"
    assert list(as_bob.patch(path, {}, format="json").json()["error"]["fields"]) == ["body"]


def test_others_change_nothing(as_ann: APIClient, as_bob: APIClient, lobby: Room) -> None:
    path = f"{MESSAGES}{post(as_ann, body='one').json()['id']}/"
    assert as_bob.patch(path, {"body": "two"}, format="json").status_code == 403
    assert as_bob.delete(path).status_code == 403
    theirs = f"{MESSAGES}{post(as_bob, body='one').json()['id']}/"
    assert as_ann.patch(theirs, {"body": "two"}, format="json").status_code == 403
    assert as_ann.delete(theirs).status_code == 204


@pytest.mark.parametrize("message_id", ["0", "999", "9" * 18, "9" * 19, "x", "-1"])
def test_a_message_that_is_not_there_is_unknown(as_ann: APIClient, lobby: Room, message_id: str) -> None:
    response = as_ann.get(f"{MESSAGES}{message_id}/")
    assert (response.status_code, response.json()["error"]["code"]) == (404, 102)


def test_a_message_of_a_hidden_room_is_not_reached_through_another(
    as_bob: APIClient, ann: User, lobby: Room, secret: Room
) -> None:
    message, _ = services.message_post(ann, secret, "hidden")
    assert as_bob.get(f"{MESSAGES}{message.pk}/").status_code == 404


def test_history_is_paged_both_ways(as_ann: APIClient, ann: User, lobby: Room) -> None:
    for number in range(5):
        services.message_post(ann, lobby, str(number))

    def page(**query: int) -> tuple[list[str], bool, bool]:
        body = as_ann.get(MESSAGES, {"limit": 2, **query}).json()
        bodies = [message["body"] for message in body["results"]]
        return bodies, body["older"] is not None, body["newer"] is not None

    ids = list(Message.objects.order_by("id").values_list("pk", flat=True))
    assert page() == (["3", "4"], True, False)
    assert page(before=ids[3]) == (["1", "2"], True, True)
    assert page(before=ids[1]) == (["0"], False, True)
    assert page(after=ids[0]) == (["1", "2"], True, True)
    assert page(after=0) == (["0", "1"], False, True)


def test_a_page_carries_the_position_to_follow_from(as_ann: APIClient, ann: User, lobby: Room) -> None:
    at = as_ann.get(MESSAGES).json()["position"]
    assert at["offset"] == head_of("chat:lobby") == 1
    assert at["epoch"]


@pytest.mark.parametrize("query", ["before=x", "before=1&after=1", "limit=201", "after=-1"])
def test_a_page_that_makes_no_sense_is_refused(as_ann: APIClient, lobby: Room, query: str) -> None:
    response = as_ann.get(f"{MESSAGES}?{query}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, 107)


def test_a_key_with_the_scope_posts_in_its_users_name_and_does_nothing_else(
    client_with_key: Callable[[User, list[str]], APIClient], bob: User, lobby: Room
) -> None:
    robot = client_with_key(bob, ["chat:write"])
    response = post(robot, body="beep")
    assert (response.status_code, response.json()["author"]["username"]) == (201, "bob")
    path = f"{MESSAGES}{response.json()['id']}/"
    refused = [robot.get(MESSAGES), robot.get(path), robot.delete(path), robot.post("/api/v1/rooms/lobby/join/")]
    assert [response.status_code for response in refused] == [403, 403, 403, 403]


def test_a_key_without_the_scope_posts_nothing(
    client_with_key: Callable[[User, list[str]], APIClient], bob: User, lobby: Room
) -> None:
    response = post(client_with_key(bob, ["notifications:write"]), body="beep")
    assert response.status_code == 403
    assert response.json()["error"]["message"] == (
        "expected an API key with the scope 'chat:write', got one with notifications:write"
    )


def test_a_key_opens_no_room_that_its_user_may_not_read(
    client_with_key: Callable[[User, list[str]], APIClient], bob: User, secret: Room
) -> None:
    robot = client_with_key(bob, ["chat:write"])
    response = robot.post("/api/v1/rooms/secret/messages/", {"body": "beep"}, format="json")
    assert response.status_code == 404
