"""How often one user may call the API."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.test import APIClient

from hub.api.throttling import UserThrottle, buckets
from tests.integration.conftest import MakeUser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(unlimited: None, settings: Settings) -> Iterator[None]:
    """Turn the limits on, tight ones, and forget what was used."""
    settings.HUBBUB_LIMITS = True
    settings.HUBBUB_COMMAND_BURST = 3
    settings.HUBBUB_COMMAND_RATE = 0.001
    buckets.clear()
    yield
    buckets.clear()


def statuses(user: User, count: int) -> list[int]:
    """Return the answers to several requests of a user, each from another client."""
    answers = []
    for _ in range(count):
        client = APIClient()
        client.force_login(user)
        answers.append(client.get("/api/v1/me/").status_code)
    return answers


def test_a_user_who_calls_too_often_is_told_so(ann: User) -> None:
    assert statuses(ann, 4) == [200, 200, 200, 429]
    client = APIClient()
    client.force_login(ann)
    response = client.get("/api/v1/me/")
    assert response.json()["error"]["code"] == 111
    assert response.headers["Retry-After"] == "1"


def test_one_user_does_not_use_up_anothers_calls(ann: User, make_user: MakeUser) -> None:
    statuses(ann, 4)
    assert statuses(make_user("bob"), 1) == [200]


def test_the_limits_can_be_turned_off(ann: User, settings: Settings) -> None:
    settings.HUBBUB_LIMITS = False
    assert statuses(ann, 10) == [200] * 10


def test_those_who_called_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.throttling.MAX_REMEMBERED", 2)
    for user in (1, 2, 3):
        assert [buckets.take(user, now=0.0) for _ in range(4)] == [True, True, True, False]
    assert not buckets.take(3, now=0.0)
    assert buckets.take(1, now=0.0)


def test_the_time_to_wait_is_a_second() -> None:
    assert UserThrottle().wait() == 1.0
