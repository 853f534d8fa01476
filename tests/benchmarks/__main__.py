"""`python -m tests.benchmarks`: measure the hub beside a stock Channels chat and a floor, in one run."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from rich.console import Console

# Before Django's settings are read: what a developer has set for a hub of theirs must not reach this one.
import tests.environment  # noqa: F401
from clients.arguments import seconds
from clients.load.open_files import room_for
from tests.benchmarks import machine, table
from tests.benchmarks.cores import Cores, TooFewCores
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario
from tests.benchmarks.scenarios.alerts import ALERTS
from tests.benchmarks.scenarios.connects import CONNECTS
from tests.benchmarks.scenarios.durable import DURABLE
from tests.benchmarks.scenarios.fanout import FANOUT
from tests.benchmarks.scenarios.growth import GROWTH
from tests.benchmarks.scenarios.idle import IDLE
from tests.benchmarks.scenarios.publishing import PUBLISHING
from tests.benchmarks.scenarios.rooms import ROOMS_TALK
from tests.benchmarks.scenarios.screen import SCREEN
from tests.benchmarks.scenarios.storm import STORM
from tests.benchmarks.world import USERS, World

SCENARIOS = {
    "fanout": FANOUT,
    "rooms": ROOMS_TALK,
    "alerts": ALERTS,
    "durable": DURABLE,
    "screen": SCREEN,
    "idle": IDLE,
    "connects": CONNECTS,
    "storm": STORM,
    "publish": PUBLISHING,
    "growth": GROWTH,
}

EXAMPLES = """\
examples:
  make bench                                         all of it, about a quarter of an hour
  make bench ARGS="--only fanout,connects --seconds 5"
  make bench ARGS="--json figures.json --markdown"   for the documentation

exit status:
  0  all that was measured has reached its goal
  1  something has not, or went wrong: the table says what
  2  usage, or a machine on which it cannot be measured
"""


def names(text: str) -> list[str]:
    """Return the names of scenarios in a comma-separated list."""
    found = text.split(",")
    if unknown := [name for name in found if name not in SCENARIOS]:
        raise argparse.ArgumentTypeError(f"expected some of {', '.join(SCENARIOS)}, got {', '.join(unknown)}")
    return found


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    usual = Options()
    add = parser.add_argument
    add("--only", type=names, default=list(SCENARIOS), metavar="A,B,…", help=f"of {', '.join(SCENARIOS)} (all)")
    add(
        "--seconds", type=seconds, default=usual.seconds, metavar="S", help="that each figure is measured (%(default)g)"
    )
    add("--hold", type=seconds, default=usual.hold, metavar="S", help="that idle sockets are held (%(default)g)")
    add("--markdown", action="store_true", help="print the table for the documentation")
    add("--json", type=Path, metavar="FILE", help="write all figures as JSON too")
    return parser


def measure(options: argparse.Namespace, cores: Cores) -> list[tuple[Row, Scenario]]:
    """Run the scenarios, telling each row on standard error when it is there."""
    rows = []
    with World(cores) as world:
        for name in options.only:
            scenario = SCENARIOS[name]
            for row in scenario.run(world, Options(options.seconds, options.hold)):
                rows.append((row, scenario))
                figures = ", ".join(f"{table.shown(value)} {name}" for name, value in row.figures.items())
                said = "; ".join(filter(None, [figures, row.not_measured, *row.problems]))
                print(f"{row.title}: {said}", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Run the command, and return its exit status."""
    options = build_parser().parse_args()
    try:
        cores = Cores.choose()
    except TooFewCores as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    if (refused := room_for(USERS + 1_000)) is not None:
        print(f"bench: {refused}", file=sys.stderr)
        return 2
    # For what of the hub is used here: the command of its server processes.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    cores.take_load_core()
    # What was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    shape = machine.describe()
    rows = measure(options, cores)
    lines = table.lines(rows)
    if options.json:
        options.json.write_text(json.dumps({"machine": shape, "rows": [row.as_dict() for row, _ in rows]}, indent=1))
    if options.markdown:
        print(f"{shape}\n\n{table.as_markdown(lines)}", end="")
    else:
        print(shape)
        # A table that is cut off would say nothing where there is no terminal.
        table.print_table(lines, Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "240"))))
    return 1 if any(line[-1] == "NO" for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
