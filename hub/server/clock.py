"""The clock by which the server measures: one that never jumps, whatever is done to the time of day.

Daphne and Twisted take the time of day. Set forward by an hour, it ends every connection that waits for a pong; set
back, nothing that takes too long is ended for an hour, and connections that are over are kept for as long.
"""

import time
from types import SimpleNamespace
from typing import Any

import daphne.http_protocol
import daphne.server
import daphne.ws_protocol


def measure_steadily(reactor: Any) -> None:
    """Have the reactor's timers and Daphne's time-outs use steady seconds.

    Arguments:
        reactor: Twisted's, before anything is scheduled on it.
    """
    reactor.seconds = time.monotonic
    steady = SimpleNamespace(time=time.monotonic)
    for module in (daphne.server, daphne.ws_protocol, daphne.http_protocol):
        # All that they want of the module is `time.time()`, to subtract one from another.
        vars(module)["time"] = steady
