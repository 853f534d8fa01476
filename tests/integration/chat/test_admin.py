"""The chat in the admin site."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat import services
from chat.models import Membership, Message, Room
from tests.streams import events_of, types_of

pytestmark = pytest.mark.django_db

NO_MEMBERS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


@pytest.fixture
def admin_site(admin_client: Client) -> Client:
    """A superuser's browser."""
    return admin_client


def post(client: Client, path: str, data: dict[str, Any]) -> None:
    """Send a form of the admin site, which must take it."""
    response = client.post(f"/admin/chat/{path}/", data)
    assert response.status_code == 302, response.content.decode()


def test_a_message_saved_here_reaches_readers(admin_site: Client, lobby: Room, ann: User) -> None:
    post(admin_site, "message/add", {"room": lobby.pk, "author": ann.pk, "body": "from the office"})
    message = Message.objects.get()
    post(admin_site, f"message/{message.pk}/change", {"author": ann.pk, "body": "corrected"})
    post(admin_site, f"message/{message.pk}/delete", {"post": "yes"})
    told = events_of("chat:lobby", 1)
    assert [type_ for type_, _ in told] == ["message.created", "message.updated", "message.deleted"]
    assert told[0][1]["edited_at"] is None
    assert told[1][1]["edited_at"] is not None


def test_messages_deleted_together_reach_readers(admin_site: Client, lobby: Room, ann: User) -> None:
    messages = [services.message_post(ann, lobby, "x")[0] for _ in range(3)]
    data = {"action": "delete_selected", "_selected_action": [message.pk for message in messages], "post": "yes"}
    post(admin_site, "message", data)
    assert types_of("chat:lobby", 4) == ["message.deleted"] * 3


def test_a_room_is_closed_here_and_keeps_its_slug(admin_site: Client, lobby: Room) -> None:
    post(admin_site, f"room/{lobby.pk}/change", {"slug": "other", "title": "L", "is_closed": "on", **NO_MEMBERS})
    lobby.refresh_from_db()
    assert (lobby.slug, lobby.title, lobby.is_closed) == ("lobby", "L", True)
    assert types_of("chat:lobby", 1) == ["room.updated"]


def test_the_slug_of_a_deleted_room_is_not_taken_again(admin_site: Client, lobby: Room) -> None:
    lobby.delete()
    response = admin_site.post("/admin/chat/room/add/", {"slug": "lobby", "title": "L", **NO_MEMBERS})
    assert "This slug is taken, or was once." in response.content.decode()
    post(admin_site, "room/add", {"slug": "new", "title": "N", **NO_MEMBERS})
    assert Room.objects.get().slug == "new"


def test_a_members_role_is_changed_here_and_nothing_else(admin_site: Client, lobby: Room, ann: User, bob: User) -> None:
    membership = Membership.objects.get()
    fields = {"id": membership.pk, "room": lobby.pk, "user": bob.pk, "role": "member"}
    members = {f"memberships-0-{name}": value for name, value in fields.items()}
    counts = {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1"}
    post(admin_site, f"room/{lobby.pk}/change", {"title": "Lobby", "topic": "All", **counts, **members})
    membership.refresh_from_db()
    assert (membership.user, membership.role) == (ann, "member")


@pytest.mark.parametrize("page", ["room", "message", "profile", "room/add", "message/add", "profile/add"])
def test_every_page_opens(admin_site: Client, lobby: Room, ann: User, page: str) -> None:
    services.message_post(ann, lobby, "x")
    assert admin_site.get(f"/admin/chat/{page}/", {"q": "x"}).status_code == 200
