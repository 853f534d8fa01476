"""What publishing costs, beside a commit that publishes nothing: `python -m tests.benchmarks.writes.publish`.

With databases and a Redis of its own, which are gone afterwards. PostgreSQL runs with `fsync`, as it would in earnest.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.postgresql import running_postgresql
from tests.servers import ROOT, environment_of, running_redis, temporary_var

#: Of one run; a measurement takes a few seconds.
TIMEOUT = 300


@contextmanager
def database(name: str) -> Iterator[str]:
    """Give a DATABASE_URL for the block: that of a new PostgreSQL, or none, which stands for SQLite."""
    if name == "sqlite":
        yield ""
        return
    with running_postgresql(durable=True) as server:
        yield server.url


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure on one database, in a process of its own. Returns what `costs` prints."""
    own = ("--calls", str(options.calls), "--users", str(options.users), "--events", str(options.events))
    command = [sys.executable, "-m", "tests.benchmarks.writes.costs", *own]
    with temporary_var() as var, running_redis(var / "redis" / "redis.sock"), database(name) as url:
        env = environment_of(var, DJANGO_SETTINGS_MODULE="hub.settings", DATABASE_URL=url)
        done = subprocess.run(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Say what was found as a table."""
    names = list(found)
    yield f"{'microseconds':36}" + "".join(f"{name:>12}" for name in names)
    for log in ("empty log", "full log"):
        for what in next(iter(found.values())).get(log, {}):
            figures = (
                f"{found[name][log][what]:12.2f}" if "/" in what else f"{found[name][log][what]:12.0f}"
                for name in names
            )
            yield f"{f'{what}, {log}':36}" + "".join(figures)
    for events in next(iter(found.values()))["append_many, per event"]:
        figures = (f"{found[name]['append_many, per event'][events]:12.1f}" for name in names)
        yield f"{f'append_many of {events}, per event':36}" + "".join(figures)
    yield f"{'notify_many, per alert':36}" + "".join(f"{found[name]['notify_many, per alert']:12.1f}" for name in names)


def main() -> None:
    """Measure as the command line says, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.writes.publish", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one (both)")
    parser.add_argument("--calls", type=int, default=300, help="commits of each kind (%(default)s)")
    parser.add_argument("--users", type=int, default=10_000, help="users who are notified (%(default)s)")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the full log; 0: none (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    chosen = [options.database] if options.database else ["sqlite", "postgresql"]
    found = {name: measure(name, options) for name in chosen}
    print(json.dumps(found) if options.json else "\n".join(lines(found)))


if __name__ == "__main__":
    os.environ.setdefault("HUBBUB_ENV", "test")
    main()
