"""What a client holds of a room, with the events applied, is what it would fetch anew: for every event of the chat."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat import services
from chat.events import EVENTS, TYPING
from chat.models import Membership, Message, Profile, Room
from hub.core.types import JSONObject
from tests.streams import Snapshot, position_of, replayed, types_of

pytestmark = pytest.mark.django_db

Scene = tuple[Room, User, User]


def fetch_room(client: APIClient, slug: str) -> Snapshot:
    """Fetch all there is to know of a room, from its oldest message on."""
    first = client.get(f"/api/v1/rooms/{slug}/messages/", {"limit": 2}).json()
    messages, older = first["results"], first["older"]
    while older is not None:
        page = client.get(f"/api/v1/rooms/{slug}/messages/", {"before": older, "limit": 2}).json()
        messages, older = page["results"] + messages, page["older"]
    room = client.get(f"/api/v1/rooms/{slug}/").json()
    del room["is_member"]
    members = client.get(f"/api/v1/rooms/{slug}/members/").json()["results"]
    state = {
        "room": room,
        "messages": {message["id"]: message for message in messages},
        "members": {member["user"]["id"]: member["user"] for member in members},
    }
    return state, position_of(first)


def reduce_room(state: JSONObject, type_: str, data: JSONObject) -> None:
    """Apply an event to what a client holds of a room."""
    match type_:
        case "message.created" | "message.updated":
            state["messages"][data["id"]] = data
        case "message.deleted":
            state["messages"].pop(data["id"], None)
        case "room.updated":
            state["room"] = data
        case "member.joined":
            state["members"][data["user"]["id"]] = data["user"]
        case "member.left":
            state["members"].pop(data["user"]["id"], None)
        case _:
            raise AssertionError(f"a client of a room gets no {type_}")


def edit(scene: Scene) -> None:
    room, _, bob = scene
    services.message_edit(bob, room, Message.objects.filter(author=bob).latest("id").pk, "other words")


def delete(scene: Scene) -> None:
    room, ann, bob = scene
    services.message_delete(ann, room, Message.objects.filter(author=bob).latest("id").pk)


def come_and_talk(scene: Scene) -> None:
    services.message_post(User.objects.create_user("carl"), scene[0], "new here")


def forget(scene: Scene) -> None:
    scene[2].delete()


def rename(scene: Scene) -> None:
    room, ann, _ = scene
    services.room_update(ann, room, title="Salon", is_closed=True)


#: After this one there is nothing to fetch.
GONE = "room.deleted"

STEPS: list[tuple[Callable[[Scene], object], list[str]]] = [
    (lambda s: services.message_post(s[2], s[0], "hi"), ["message.created"]),
    (edit, ["message.updated"]),
    (delete, ["message.deleted"]),
    (rename, ["room.updated"]),
    (lambda s: services.room_leave(s[2], s[0]), ["member.left"]),
    (come_and_talk, ["member.joined", "message.created"]),
    (forget, ["message.updated", "message.updated", "member.left"]),
]


@pytest.fixture
def scene(lobby: Room, ann: User, bob: User) -> Scene:
    """A room with two people and four messages."""
    Profile.objects.filter(user=bob).update(display_name="Bob Lee")
    bob.refresh_from_db()
    for body in ("one", "two"):
        services.message_post(ann, lobby, body)
        services.message_post(bob, lobby, body)
    return lobby, ann, bob


@pytest.mark.parametrize(("act", "types"), STEPS, ids=[types[0] for _, types in STEPS])
def test_a_stale_room_with_its_events_is_a_fresh_one(
    scene: Scene, client_of: Callable[[User], APIClient], act: Callable[[Scene], object], types: list[str]
) -> None:
    client = client_of(scene[1])
    with replayed(lambda: fetch_room(client, "lobby"), reduce_room, "chat:lobby", *types):
        act(scene)


def test_a_deleted_room_is_not_there_any_more(scene: Scene, client_of: Callable[[User], APIClient]) -> None:
    Room.objects.all().delete()
    assert types_of("chat:lobby")[-1] == GONE
    assert client_of(scene[1]).get("/api/v1/rooms/lobby/").status_code == 404
    assert not Membership.objects.exists()


def test_every_event_that_is_kept_was_tried() -> None:
    assert {type_ for _, types in STEPS for type_ in types} | {GONE, TYPING} == set(EVENTS)
