"""What holds for all tests here: there is a Redis, nobody is held back, and Ann and Bob are there."""

import pytest
from django.contrib.auth.models import User

from tests.integration.conftest import MakeUser


@pytest.fixture(autouse=True)
def _site(redis_url: str, unlimited: None) -> None:
    """Run every test with a real Redis and without rate limits."""


@pytest.fixture
def ann(make_user: MakeUser) -> User:
    """Whose inbox it is."""
    return make_user("ann")


@pytest.fixture
def bob(make_user: MakeUser) -> User:
    """Somebody else."""
    return make_user("bob")


@pytest.fixture
def inbox(ann: User) -> str:
    """The stream of Ann's inbox."""
    return f"inbox#{ann.pk}"
