"""What a server process holds just now, said in its log when it is sent SIGUSR2: nobody outside can ask for it."""

import asyncio
import gc
import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

logger = logging.getLogger(__name__)


def count(own: Mapping[str, int]) -> dict[str, int]:
    """Return numbers of what a process holds, to be called on its event loop.

    Arguments:
        own: what the caller knows of, e.g. streams and readers.
    Returns:
        That, the process's id, the tasks of the event loop, threads, and all objects that Python's collector looks
        after: a leak of whatever kind shows there.
    """
    # What waits to be collected is none.
    gc.collect()
    return {
        **own,
        "pid": os.getpid(),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }


def tell_on_signal(own: Callable[[], Mapping[str, int]]) -> None:
    """Write one line with `count` into the log whenever SIGUSR2 comes.

    Where the event loop does not run in the main thread there are no signals, and nothing is said.

    Arguments:
        own: returns what the caller knows of; called on the running event loop.
    """
    loop = asyncio.get_running_loop()

    def say() -> None:
        logger.info("holds %s", json.dumps(count(own())))

    if threading.current_thread() is threading.main_thread():
        # Not `loop.add_signal_handler`: Twisted has its own wakeup descriptor.
        signal.signal(signal.SIGUSR2, lambda *_: _on(loop, say))


def _on(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    # The loop may have been closed before the process ends.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)
