"""Rate limits: how much one connection may ask for."""

import time

from hub.conf import conf
from hub.core.bucket import TokenBucket
from hub.core.errors import TooManyRequests


class CommandLimit:
    """Holds back a connection that sends commands too fast. `HUBBUB_LIMITS=off` turns it off.

    Arguments:
        burst: commands that may come at once; `HUBBUB_COMMAND_BURST` where absent.
    """

    __slots__ = ("_bucket",)

    def __init__(self, burst: int = 0) -> None:
        burst = burst or conf.COMMAND_BURST
        self._bucket = TokenBucket(conf.COMMAND_RATE, burst, time.monotonic()) if conf.LIMITS else None

    def check(self) -> None:
        """Count one command.

        Raises:
            TooManyRequests: it came too soon.
        """
        if self._bucket is not None and not self._bucket.take(time.monotonic()):
            raise TooManyRequests(f"expected at most {conf.COMMAND_RATE:g} commands a second, got more; try again")
