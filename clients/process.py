"""What every command does about signals and closed pipes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clients.exit_codes import ExitCode

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


def run(work: Callable[[], ExitCode]) -> int:
    """Run a command's work and return its exit status.

    SIGINT and SIGTERM end it alike, as KeyboardInterrupt. A reader that went away, such as `head`, ends it quietly.
    """
    # Set even for SIGINT: a shell starts background jobs with SIGINT ignored, and `kill -INT` must reach them too.
    for number in INTERRUPTS:
        signal.signal(number, signal.default_int_handler)
    try:
        status = work()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back interrupts until the end of the block, and raise KeyboardInterrupt then.

    For the moment in which a process exists that no variable names yet: an interrupt just then would forget it.
    """
    held: list[int] = []
    before = {number: signal.signal(number, lambda got, _: held.append(got)) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt
