"""Presence on a real Redis, below a prefix of its own for each test."""

import uuid
from collections.abc import Iterator

import pytest
import redis
from pytest_django import Settings

from hub.conf import conf
from hub.namespaces import namespaces
from hub.presence import PresenceStore, Recent, clients
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


@pytest.fixture
def new_deployment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what earlier tests have left in Redis."""
    monkeypatch.setattr(namespaces, "_presence", Recent())
    for name in ("_lists", "_counts"):
        monkeypatch.setattr(clients, name, Recent())
    with redis.Redis.from_url(redis_url) as client:
        if keys := list(client.scan_iter(f"{conf.LAYER_PREFIX}:{{presence}}:*", count=10_000)):
            client.delete(*keys)
