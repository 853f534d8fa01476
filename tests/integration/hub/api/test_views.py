"""The hub's own endpoints."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat.models import Profile
from hub import tokens

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], APIClient]


def test_the_caller_is_shown_by_the_name_of_their_profile(client_of: ClientOf, ann: User) -> None:
    Profile.objects.filter(user=ann).update(display_name="Ann Lee")
    assert client_of(ann).get("/api/v1/me/").json()["display_name"] == "Ann Lee"


@pytest.mark.parametrize(("query", "seconds"), [("", 3_600), ("?ttl=1", 1), ("?ttl=86400", 86_400)])
def test_a_token_is_issued_for_a_session(client_of: ClientOf, ann: User, query: str, seconds: int) -> None:
    before = datetime.now(UTC)
    response = client_of(ann).get(f"/api/v1/token/{query}")
    claims = tokens.verify(response.json()["token"])
    assert claims.user_id == ann.pk
    assert response.json()["expires_at"] == claims.expires_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert abs(claims.expires_at - before - timedelta(seconds=seconds)) < timedelta(seconds=10)
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("ttl", ["0", "-1", "86401", "x", "", "1e3"])
def test_a_life_that_makes_no_sense_is_refused(client_of: ClientOf, ann: User, ttl: str) -> None:
    response = client_of(ann).get("/api/v1/token/", {"ttl": ttl})
    assert (response.status_code, response.json()["error"]["code"]) == (400, 107)


def test_no_token_renews_itself(ann: User) -> None:
    token = tokens.issue(ann, timedelta(minutes=1))
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/token/").status_code == 401


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_what_is_not_there_is_answered_in_json(client_of: ClientOf, ann: User, method: str) -> None:
    for path in ("", "nothing/", "rooms/lobby/nothing/", "me/x/"):
        response = getattr(client_of(ann), method)(f"/api/v1/{path}")
        assert response.status_code == 404
        assert response.json() == {"error": {"code": 102, "message": "there is nothing at this address"}}


def test_a_method_that_is_not_there_is_answered_in_json(client_of: ClientOf, ann: User) -> None:
    response = client_of(ann).delete("/api/v1/me/")
    assert (response.status_code, response.json()["error"]["code"]) == (405, 104)
