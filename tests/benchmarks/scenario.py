"""What a part of the table is: a function that measures rows, and what each of them has to reach."""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks.client.swarm import Gone, NotOpened
from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.servers import NotStarted
from tests.benchmarks.world import NotMeasured, World


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    #: Seconds that one figure is measured.
    seconds: float = 5.0
    #: Seconds that idle connections are held.
    hold: float = 10.0


@dataclass(frozen=True)
class Scenario:
    """A part of the table."""

    #: Measures its rows, one after another.
    run: Callable[[World, Options], Iterator[Row]]
    #: By the key of a row.
    goals: Mapping[str, Sequence[Goal]]
    #: By the key of a row, the keys of those that it is compared with, by what that is called.
    beside: Mapping[str, Mapping[str, str]]


@contextmanager
def told(*rows: Row) -> Iterator[None]:
    """Have what goes wrong in the block told by those rows that have no figures yet."""
    try:
        yield
    except NotMeasured as reason:
        for row in rows:
            row.not_measured = str(reason)
    except (Gone, NotOpened, NotStarted, subprocess.SubprocessError) as problem:
        for row in rows:
            if not row.figures:
                row.problems.append(str(problem))
