"""How often one user may call the API."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hub.conf import conf
from hub.core.bucket import TokenBucket

if TYPE_CHECKING:
    # REST framework's settings name this module, and are read while its views are being imported.
    from rest_framework.views import APIView

#: Users whose use a process remembers; beyond, those who called longest ago start afresh.
MAX_REMEMBERED = 10_000


class _Buckets:
    """A token bucket for each user, in the memory of this process: a limit must not depend on a Redis that may die."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[int, TokenBucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, user_id: int, now: float) -> bool:
        with self._lock:
            bucket = self._buckets.get(user_id)
            if bucket is None:
                bucket = self._buckets[user_id] = TokenBucket(conf.COMMAND_RATE, conf.COMMAND_BURST, now)
            self._buckets.move_to_end(user_id)
            if len(self._buckets) > MAX_REMEMBERED:
                self._buckets.popitem(last=False)
            return bucket.take(now)

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()


buckets = _Buckets()


class UserThrottle(BaseThrottle):
    """Lets a user call as often as one connection may send commands. `HUBBUB_LIMITS=off` turns it off."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request may go on, and count it."""
        if not conf.LIMITS or request.user.pk is None:
            return True
        return buckets.take(request.user.pk, time.monotonic())

    def wait(self) -> float:
        """Return after how many seconds to try again."""
        return 1.0
