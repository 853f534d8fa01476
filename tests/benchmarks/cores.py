"""Which core does what: the server under test has one to itself, all else shares another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class TooFewCores(Exception):
    """This machine cannot tell the server's work from the load's. Its text is a sentence."""


@dataclass(frozen=True)
class Cores:
    """Numbers of two cores."""

    server: int
    load: int

    @classmethod
    def choose(cls) -> "Cores":
        """Return the first and the last core that this process may use.

        Raises:
            TooFewCores
        """
        if not hasattr(os, "sched_setaffinity"):
            raise TooFewCores("expected a system on which a process can be held on one core (Linux)")
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise TooFewCores("expected two cores or more: one for the server, one for the load")
        return cls(allowed[0], allowed[-1])

    def take_load_core(self) -> None:
        """Hold this process, and those that it will start, on the load's core."""
        os.sched_setaffinity(0, {self.load})

    @contextmanager
    def on_server_core(self) -> Iterator[None]:
        """Have the processes that are started in the block run on the server's core."""
        os.sched_setaffinity(0, {self.server})
        try:
            yield
        finally:
            os.sched_setaffinity(0, {self.load})
