"""What a failed request is answered, from one end to the other."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from chat.models import Message, Room
from tests.busy import busy_database


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_never_answered_as_success(ann: User) -> None:
    Room.objects.create(slug="lobby", title="Lobby")
    client = APIClient()
    client.force_login(ann)
    with busy_database():
        response = client.post("/api/v1/rooms/lobby/messages/", {"body": "hi"}, format="json")
    assert response.status_code == 503
    assert response.json() == {"error": {"code": 100, "message": "the database is busy; try again"}}
    assert response.headers["Retry-After"] == "1"
    assert not Message.objects.exists()
