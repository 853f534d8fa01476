"""The broker's queue as a worker finds it."""

import json
from typing import Any

import redis
from django.conf import settings

#: Where the broker keeps what is sent: Celery's queue, with the prefix of the deployment.
QUEUE = f"{settings.HUBBUB_LAYER_PREFIX}.{settings.CELERY_TASK_DEFAULT_QUEUE}"


class Queue:
    """The tasks that wait in the broker's queue."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def headers(self) -> list[dict[str, Any]]:
        """Return the headers of each, the oldest first: `task`, `argsrepr`, `eta` and others."""
        return [json.loads(message)["headers"] for message in reversed(self._client.lrange(QUEUE, 0, -1))]

    def tasks(self) -> list[tuple[str, str]]:
        """Return name and arguments of each, the oldest first."""
        return [(headers["task"], headers["argsrepr"]) for headers in self.headers()]
