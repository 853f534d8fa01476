"""A worker of the tests: it takes the broker's real messages, one at a time, and does them in the test's process."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.app.trace import trace_task
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from kombu.utils import json as kombu_json

from hub.celery import app
from hub.models import TaskRecord
from hub.tasks.sending import broker
from tests.integration.hub.tasks import jobs


class Worker:
    """Takes messages from the default queue."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._queue = f"{settings.HUBBUB_LAYER_PREFIX}.{settings.CELERY_TASK_DEFAULT_QUEUE}"

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return int(self._client.llen(self._queue))

    def take(self) -> dict[str, Any]:
        """Take the oldest message; whoever is killed now has lost it."""
        found: Any = self._client.rpop(self._queue)
        assert found is not None, "expected a message in the queue"
        message: dict[str, Any] = json.loads(found)
        return message

    def do(self, message: dict[str, Any]) -> Any:
        """Carry a message out as Celery does. Returns what the task returns."""
        args, kwargs, _ = kombu_json.loads(base64.b64decode(message["body"]))
        headers = message["headers"] | {"delivery_info": {}}
        return trace_task(app.tasks[headers["task"]], headers["id"], args, kwargs, request=headers, app=app).retval

    def work(self) -> None:
        """Do all that waits."""
        while self.waiting:
            self.do(self.take())

    def forget(self) -> None:
        """Lose all messages, as a Redis that is killed."""
        self._client.delete(self._queue)


@pytest.fixture
def worker(transactional_db: None, redis_url: str) -> Iterator[Worker]:
    """The worker; nothing waits for it."""
    broker.cache_clear()
    with redis.Redis.from_url(redis_url) as client:
        worker = Worker(client)
        worker.forget()
        yield worker
        worker.forget()
    jobs.meanwhile.clear()
    broker.cache_clear()


def users() -> int:
    """Return how many users there are: what the tasks have done."""
    return User.objects.count()


def let_all_be_due() -> None:
    """Let so much time pass that the sweep takes up every task."""
    TaskRecord.objects.exclude(state="failed").update(due_at=timezone.now())


def states() -> list[tuple[str, int]]:
    """Return state and number of attempts of each task that is not done."""
    return list(TaskRecord.objects.order_by("created_at").values_list("state", "attempts"))
