"""A buyer, and the queue of the broker."""

from collections.abc import Iterator

import pytest
import redis
from django.contrib.auth.models import User

from tests.integration.examples.shop.broker_queue import QUEUE, Queue


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    """The queue, empty."""
    with redis.Redis.from_url(redis_url) as client:
        client.delete(QUEUE)
        yield Queue(client)
        client.delete(QUEUE)


@pytest.fixture
def buyer(transactional_db: None, queue: Queue) -> User:
    """Somebody who buys; what they buy sends tasks to the broker."""
    return User.objects.create_user("ada")
