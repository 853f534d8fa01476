"""A buyer."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def buyer(transactional_db: None, redis_url: str) -> User:
    """Somebody who buys."""
    return User.objects.create_user("ada")
