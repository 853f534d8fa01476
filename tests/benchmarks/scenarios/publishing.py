"""publish() from synchronous code, announcement included, beside the commit of a row that publishes nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping

from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.world import World
from tests.servers import ROOT

CALLS, USERS = 300, 2_000
TIMES = "x the commit alone"
DATABASES: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
#: Figures of `tests.benchmarks.writes`, in microseconds, and what they are called here.
_MICROSECONDS = {"commit": "µs a commit alone", "publish": "µs a publish()"}


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each database, in processes, and with servers, of the measurement's own."""
    for database, name in DATABASES.items():
        row = Row(f"publish {database}", f"publish() from synchronous code, {name}")
        with told(row):
            own = ("--calls", str(CALLS), "--users", str(USERS), "--events", "0")
            command = (sys.executable, "-m", "tests.benchmarks.writes.publish", "--json", "--database", database, *own)
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=120)
            found = json.loads(done.stdout)[database]
            taken = found["empty log"]
            row.figures = {TIMES: taken["publish / commit"]}
            row.figures |= {said: taken[name] for name, said in _MICROSECONDS.items()}
            row.figures["µs an alert of notify_many"] = found["notify_many, per alert"]
        yield row


_GOAL = [Goal("≤ 2 x the commit alone", TIMES, most=2)]
PUBLISHING = Scenario(run, {f"publish {database}": _GOAL for database in DATABASES}, {})
