"""Presence on a real Redis, below a prefix of its own for each test."""

import uuid
from collections.abc import Iterator

import pytest
import redis
from pytest_django import Settings

from hub.presence import PresenceStore
from tests.integration.hub.presence.shared import Shared


@pytest.fixture
def quick(settings: Settings) -> None:
    """Let time run faster: a process is dead after a second, and somebody who is away has left at once."""
    settings.HUBBUB_PRESENCE_TTL = 1.0
    settings.HUBBUB_PRESENCE_GRACE = 0.1


@pytest.fixture
def shared(redis_url: str) -> Iterator[Shared]:
    """The state that processes share, and a hand on its clock."""
    prefix = f"test-{uuid.uuid4().hex}"
    client = redis.Redis.from_url(redis_url)
    store = PresenceStore(redis_url, prefix)
    try:
        yield Shared(store, client, f"{prefix}:{{presence}}:")
    finally:
        if keys := list(client.scan_iter(f"{prefix}:*", count=10_000)):
            client.delete(*keys)
        client.close()
        store.close()
