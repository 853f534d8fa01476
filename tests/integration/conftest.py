"""Fixtures for tests on a real database: people, and clients of the REST API in their name."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import Settings
from rest_framework.test import APIClient

from hub import apikeys

MakeUser = Callable[..., User]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Close at the end what the thread of Django's asynchronous test client holds: a database in use stays."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def make_user() -> MakeUser:
    """Make a user: `make_user("ann", is_staff=True)`. Without a password, since hashing one takes long."""

    def make(username: str, **fields: Any) -> User:
        return User.objects.create_user(username, **fields)

    return make


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """Make a client of the API for a user who is logged in: `client_of(ann).get("/api/v1/me/")`."""

    def log_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def client_with_key() -> Callable[[User, Iterable[str]], APIClient]:
    """Make a client of the API with an API key: `client_with_key(robot, ["chat:write"])`."""

    def make(user: User, scopes: Iterable[str]) -> APIClient:
        return APIClient(headers={"X-API-Key": apikeys.issue("robot", user, scopes)[1]})

    return make


@pytest.fixture
def unlimited(settings: Settings) -> None:
    """Turn the rate limits off."""
    settings.HUBBUB_LIMITS = False
