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

    For the moment in which something is done that no variable tells yet: a process started, an event printed.
    A second interrupt is not held back: the block may be waiting for somebody who never comes.
    """
    held: list[int] = []

    def hold(number: int, _: object) -> None:
        if held:
            raise KeyboardInterrupt
        held.append(number)

    before = {number: signal.signal(number, hold) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt
