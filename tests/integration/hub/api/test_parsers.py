"""Reading a request's body."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat.models import Message, Room

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"body": NaN}',
        b'{"body": "a", "body": "b"}',
        b'{"body": "\\ud800"}',
        b'{"body": "\\u0000"}',
        b'{"body": "\xff"}',
        b'{"body": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
        b'{"key": ' + b"9" * 10_000 + b"}",
    ],
)
def test_a_body_that_is_no_good_json_object_is_refused(ann: User, body: bytes) -> None:
    Room.objects.create(slug="lobby", title="Lobby")
    client = APIClient()
    client.force_login(ann)
    response = client.post("/api/v1/rooms/lobby/messages/", body, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, 107)
    assert not Message.objects.exists()


def test_a_body_beyond_all_measure_is_refused(ann: User) -> None:
    Room.objects.create(slug="lobby", title="Lobby")
    client = APIClient()
    client.force_login(ann)
    body = b'{"body": "' + b"x" * 2_000_000 + b'"}'
    response = client.post("/api/v1/rooms/lobby/messages/", body, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (413, 106)
