"""What holds for all tests here: there is a Redis, nobody is held back, and Ann and Bob are there."""

import pytest
from django.contrib.auth.models import User

from chat.models import Membership, Room
from tests.integration.conftest import MakeUser


@pytest.fixture(autouse=True)
def _site(redis_url: str, unlimited: None) -> None:
    """Run every test with a real Redis and without rate limits."""


@pytest.fixture
def ann(make_user: MakeUser) -> User:
    """The owner of the rooms."""
    return make_user("ann")


@pytest.fixture
def bob(make_user: MakeUser) -> User:
    """Somebody else."""
    return make_user("bob")


@pytest.fixture
def lobby(ann: User) -> Room:
    """A public room of Ann's. Its stream has one event: that she joined."""
    room = Room.objects.create(slug="lobby", title="Lobby", topic="All")
    Membership.objects.create(room=room, user=ann, role="owner")
    return room


@pytest.fixture
def secret(ann: User) -> Room:
    """A private room of Ann's. Its stream has one event: that she joined."""
    room = Room.objects.create(slug="secret", title="Secret", is_private=True)
    Membership.objects.create(room=room, user=ann, role="owner")
    return room
