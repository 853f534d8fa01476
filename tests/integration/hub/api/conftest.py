"""What holds for all tests here: there is a Redis, nobody is held back, and Ann is there."""

import pytest
from django.contrib.auth.models import User

from tests.integration.conftest import MakeUser


@pytest.fixture(autouse=True)
def _site(redis_url: str, unlimited: None) -> None:
    """Run every test with a real Redis and without rate limits."""


@pytest.fixture
def ann(make_user: MakeUser) -> User:
    """Who calls."""
    return make_user("ann")
