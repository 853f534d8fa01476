"""Rooms and their members over HTTP."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat import services
from chat.models import Membership, Room
from tests.integration.conftest import MakeUser

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], APIClient]
ROOMS = "/api/v1/rooms/"


@pytest.fixture
def as_ann(client_of: ClientOf, ann: User) -> APIClient:
    """The owner's client."""
    return client_of(ann)


@pytest.fixture
def as_bob(client_of: ClientOf, bob: User) -> APIClient:
    """Somebody else's client."""
    return client_of(bob)


def test_a_room_is_shown_in_full(as_ann: APIClient, lobby: Room) -> None:
    room = as_ann.get(f"{ROOMS}lobby/").json()
    assert room.pop("created_at").endswith("Z")
    assert room == {
        "slug": "lobby",
        "title": "Lobby",
        "topic": "All",
        "is_private": False,
        "is_closed": False,
        "is_member": True,
    }


def test_the_list_shows_what_the_caller_may_read(
    as_ann: APIClient, as_bob: APIClient, lobby: Room, secret: Room
) -> None:
    shown = [
        [(room["slug"], room["is_member"]) for room in client.get(ROOMS).json()["results"]]
        for client in (as_ann, as_bob)
    ]
    assert shown == [[("lobby", True), ("secret", True)], [("lobby", False)]]


def test_the_list_is_paged_by_slug_both_ways(as_ann: APIClient) -> None:
    for number in range(5):
        Room.objects.create(slug=f"room{number}", title="Room")
    pages = [as_ann.get(ROOMS, {"limit": 2}).json()]
    while pages[-1]["next"]:
        pages.append(as_ann.get(pages[-1]["next"]).json())
    assert [[room["slug"] for room in page["results"]] for page in pages] == [
        ["room0", "room1"],
        ["room2", "room3"],
        ["room4"],
    ]
    assert as_ann.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]


def test_rooms_are_looked_for_by_words(as_ann: APIClient, lobby: Room, secret: Room) -> None:
    def found(words: str) -> list[str]:
        return [room["slug"] for room in as_ann.get(ROOMS, {"q": words}).json()["results"]]

    assert (found("sec"), found("all"), found("zzz"), found(" ")) == (["secret"], ["lobby"], [], ["lobby", "secret"])
    assert as_ann.get(ROOMS, {"q": "a\x00"}).status_code == 400


def test_whoever_makes_a_room_is_in_it(as_bob: APIClient, bob: User) -> None:
    response = as_bob.post(ROOMS, {"slug": "new", "title": "New", "is_private": True}, format="json")
    assert response.status_code == 201
    room = response.json()
    assert (room["slug"], room["is_private"], room["is_member"], room["topic"]) == ("new", True, True, "")
    assert as_bob.get(f"{ROOMS}new/members/").json()["results"][0]["role"] == "owner"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": "New"}, "slug"),
        ({"slug": "New", "title": "New"}, "slug"),
        ({"slug": "lobby", "title": "New"}, "slug"),
        ({"slug": "new"}, "title"),
        ({"slug": "new", "title": ""}, "title"),
        ({"slug": "new", "title": ["a"]}, "title"),
        ({"slug": "new", "title": "New", "is_private": "perhaps"}, "is_private"),
        ({"slug": "new", "title": "New", "topic": "x" * 251}, "topic"),
        ([], None),
    ],
)
def test_a_room_that_makes_no_sense_is_refused(as_ann: APIClient, lobby: Room, data: object, field: str | None) -> None:
    response = as_ann.post(ROOMS, data, format="json")
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == 107
    assert list(error.get("fields", [])) == ([field] if field else [])


def test_an_owner_changes_the_room(as_ann: APIClient, lobby: Room) -> None:
    room = as_ann.patch(f"{ROOMS}lobby/", {"title": "Hall", "is_closed": True}, format="json").json()
    assert (room["title"], room["topic"], room["is_closed"]) == ("Hall", "All", True)


def test_nobody_changes_a_slug_or_a_rooms_privacy(as_ann: APIClient, lobby: Room) -> None:
    as_ann.patch(f"{ROOMS}lobby/", {"slug": "hall", "is_private": True}, format="json")
    lobby.refresh_from_db()
    assert (lobby.slug, lobby.is_private) == ("lobby", False)


def test_a_member_changes_nothing(as_bob: APIClient, lobby: Room) -> None:
    as_bob.post(f"{ROOMS}lobby/join/")
    response = as_bob.patch(f"{ROOMS}lobby/", {"title": "Mine"}, format="json")
    assert response.status_code == 403
    assert response.json() == {"error": {"code": 103, "message": "only the room's owners may do this"}}


def test_joining_and_leaving(as_bob: APIClient, lobby: Room) -> None:
    assert as_bob.post(f"{ROOMS}lobby/join/").json()["is_member"] is True
    assert as_bob.post(f"{ROOMS}lobby/join/").status_code == 200
    response = as_bob.post(f"{ROOMS}lobby/leave/")
    assert (response.status_code, response.content) == (204, b"")
    assert as_bob.get(f"{ROOMS}lobby/").json()["is_member"] is False


def test_members_are_listed_in_the_order_in_which_they_joined(as_bob: APIClient, ann: User, lobby: Room) -> None:
    as_bob.post(f"{ROOMS}lobby/join/")
    members = as_bob.get(f"{ROOMS}lobby/members/").json()["results"]
    assert [(member["user"]["username"], member["role"]) for member in members] == [("ann", "owner"), ("bob", "member")]
    assert members[0]["user"] == {"id": ann.pk, "username": "ann", "display_name": "ann"}


def test_an_owner_adds_and_removes_members(as_ann: APIClient, as_bob: APIClient, secret: Room) -> None:
    response = as_ann.post(f"{ROOMS}secret/members/", {"username": "bob"}, format="json")
    assert (response.status_code, response.json()["role"]) == (201, "member")
    assert as_bob.get(f"{ROOMS}secret/").status_code == 200
    assert as_ann.delete(f"{ROOMS}secret/members/bob/").status_code == 204
    assert as_bob.get(f"{ROOMS}secret/").status_code == 404
    assert as_ann.delete(f"{ROOMS}secret/members/bob/").status_code == 404


def test_only_an_owner_learns_which_users_there_are(as_ann: APIClient, as_bob: APIClient, lobby: Room) -> None:
    def answers(client: APIClient) -> list[int]:
        names = ("bob", "nobody")
        added = [client.post(f"{ROOMS}lobby/members/", {"username": name}, format="json") for name in names]
        removed = [client.delete(f"{ROOMS}lobby/members/{name}/") for name in names]
        return [response.status_code for response in added + removed]

    assert answers(as_bob) == [403, 403, 403, 403]
    assert answers(as_ann) == [201, 404, 204, 404]


def test_a_disabled_member_can_be_removed(as_ann: APIClient, lobby: Room, make_user: MakeUser) -> None:
    gone = make_user("gone@example.com", is_active=False)
    Membership.objects.create(room=lobby, user=gone)
    assert as_ann.delete(f"{ROOMS}lobby/members/gone@example.com/").status_code == 204


REQUESTS = [
    ("get", ""),
    ("patch", ""),
    ("post", "join/"),
    ("post", "leave/"),
    ("get", "members/"),
    ("post", "members/"),
    ("delete", "members/ann/"),
    ("get", "messages/"),
    ("post", "messages/"),
    ("get", "messages/1/"),
    ("patch", "messages/1/"),
    ("delete", "messages/1/"),
]


@pytest.mark.parametrize(("method", "rest"), REQUESTS)
def test_a_hidden_room_is_answered_like_one_that_does_not_exist(
    as_bob: APIClient, ann: User, secret: Room, method: str, rest: str
) -> None:
    services.message_post(ann, secret, "hidden")
    data = {"title": "x", "username": "ann", "body": "x"}
    hidden, none = (
        getattr(as_bob, method)(f"{ROOMS}{slug}/{rest}", data, format="json") for slug in ("secret", "other")
    )
    assert hidden.status_code == none.status_code == 404
    assert hidden.json()["error"]["code"] == 102
    assert hidden.content.replace(b"secret", b"other") == none.content
