"""Who is calling the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from chat.models import Message, Room
from hub import apikeys, tokens
from tests.integration.conftest import MakeUser

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"
MINUTE = timedelta(minutes=1)


def bearer(token: str) -> APIClient:
    """Return a client that sends a token."""
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def with_key(key: str) -> APIClient:
    """Return a client that sends an API key."""
    return APIClient(headers={"X-API-Key": key})


def test_nobody_gets_nothing() -> None:
    for path in ("me/", "token/", "rooms/", "rooms/lobby/", "rooms/lobby/messages/", "notifications/"):
        response = APIClient().get(f"/api/v1/{path}")
        assert response.status_code == 401, path
        assert response.json()["error"]["code"] == 101
        assert response.headers["WWW-Authenticate"]


def test_a_session_a_token_and_a_key_each_tell_who_calls(ann: User, client_of: Callable[[User], APIClient]) -> None:
    clients = [client_of(ann), bearer(tokens.issue(ann, MINUTE)), with_key(apikeys.issue("robot", ann, [])[1])]
    for client in clients:
        assert client.get(ME).json() == {"id": ann.pk, "username": "ann", "display_name": "ann", "is_staff": False}


def test_the_scheme_of_a_token_is_written_in_any_case(ann: User) -> None:
    client = APIClient(headers={"Authorization": f"bearer  {tokens.issue(ann, MINUTE)}"})
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_wrong_token_is_refused(token: str) -> None:
    response = bearer(token).get(ME)
    assert (response.status_code, response.json()["error"]["code"]) == (401, 101)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="hubbub"'


def test_a_token_that_was_valid_once_is_told_from_a_wrong_one(ann: User) -> None:
    # A short token, by the clock of an hour ago.
    past = timezone.now() - timedelta(hours=1)
    claims = {"sub": str(ann.pk), "iat": past, "exp": past + MINUTE, "fp": tokens.fingerprint(ann)}
    token = jwt.encode(claims, tokens.own._key(settings.SECRET_KEY), tokens.own.ALGORITHM)
    response = bearer(token).get(ME)
    assert (response.status_code, response.json()["error"]["code"]) == (401, 109)


def test_a_token_ends_with_the_password_that_it_was_issued_under(ann: User) -> None:
    client = bearer(tokens.issue(ann, MINUTE))
    ann.set_unusable_password()
    ann.save()
    assert client.get(ME).status_code == 401


def test_a_token_of_somebody_who_is_disabled_or_gone_is_refused(ann: User, make_user: MakeUser) -> None:
    bob = make_user("bob")
    clients = [bearer(tokens.issue(user, MINUTE)) for user in (ann, bob)]
    User.objects.filter(pk=ann.pk).update(is_active=False)
    bob.delete()
    assert [client.get(ME).status_code for client in clients] == [401, 401]


def test_a_key_that_is_unknown_revoked_or_expired_is_refused(ann: User) -> None:
    revoked, key = apikeys.issue("revoked", ann, [])
    revoked.revoked_at = timezone.now()
    revoked.save()
    _, expired = apikeys.issue("expired", ann, [], expires_at=timezone.now())
    answers = [with_key(wrong).get(ME) for wrong in (key, expired, "hub_x", "", "ä")]
    assert [answer.status_code for answer in answers] == [401] * 5
    assert len({answer.content for answer in answers}) == 1


def test_a_key_of_somebody_who_is_disabled_is_refused(ann: User) -> None:
    _, key = apikeys.issue("robot", ann, [])
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert with_key(key).get(ME).status_code == 401


def test_a_session_of_somebody_who_is_disabled_is_refused(ann: User, client_of: Callable[[User], APIClient]) -> None:
    client = client_of(ann)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"X-API-Key": "x"}])
def test_a_wrong_header_is_not_made_good_by_a_session(ann: User, headers: dict[str, str]) -> None:
    client = APIClient()
    client.force_login(ann)
    assert client.get(ME, headers=headers).status_code == 401


@pytest.fixture
def lobby() -> Room:
    """A room to post to."""
    return Room.objects.create(slug="lobby", title="Lobby")


def post(client: APIClient, **options: Any) -> Any:
    """Post a message."""
    return client.post("/api/v1/rooms/lobby/messages/", {"body": "hi"}, format="json", **options)


def test_a_write_with_a_session_needs_a_csrf_token(ann: User, lobby: Room) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ann)
    refused = post(client)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 103)
    assert not Message.objects.exists()
    # The page sets the cookie; its scripts send it back as a header.
    client.get("/")
    token = client.cookies["csrftoken"].value
    assert post(client, headers={"X-CSRFToken": token}).status_code == 201


def test_a_write_with_a_token_or_a_key_needs_no_csrf_token(ann: User, lobby: Room) -> None:
    key = apikeys.issue("robot", ann, ["chat:write"])[1]
    for headers in ({"Authorization": f"Bearer {tokens.issue(ann, MINUTE)}"}, {"X-API-Key": key}):
        client = APIClient(enforce_csrf_checks=True, headers=headers)
        # A browser would send its cookie along; the header is what counts.
        client.force_login(ann)
        assert post(client).status_code == 201


def test_a_form_post_is_no_way_in(ann: User, lobby: Room) -> None:
    client = APIClient()
    client.force_login(ann)
    response = client.post("/api/v1/rooms/lobby/messages/", "body=hi", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json()["error"]["code"]) == (415, 107)
