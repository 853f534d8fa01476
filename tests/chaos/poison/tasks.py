"""Tasks that can never be done."""

import os
import resource

from celery import shared_task

from hub.tasks import DurableTask


@shared_task(base=DurableTask)
def always_raise() -> None:
    """Raise, each time."""
    raise ValueError("a task that can never be done")


@shared_task(base=DurableTask)
def end_the_process() -> None:
    """End the worker on the spot, as the kernel does with one that takes all memory."""
    os._exit(137)


@shared_task(base=DurableTask)
def take_all_memory() -> None:
    """Take more memory than the process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, hard))
    try:
        bytearray(1 << 34)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
