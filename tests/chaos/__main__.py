"""`python -m tests.chaos`: break a running hub in every way there is, and check that nothing was lost."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from rich.console import Console

# Before Django's settings are read: what a developer has set for a hub of theirs must not reach this one.
import tests.environment  # noqa: F401
from tests.chaos.faults import FAULTS, IN_A_ROW, SHORT
from tests.chaos.run import Row, run_fault
from tests.chaos.scene import prepared
from tests.chaos.table import as_markdown, print_table

EXAMPLES = """\
examples:
  python -m tests.chaos                        all faults
  python -m tests.chaos --faults F1,F6         some of them
  python -m tests.chaos --faults F4 --scale 3.4  about 100 kills instead of 30
  python -m tests.chaos --short --json         the short form, one JSON object a line

exit status:
  0  every promise was kept; faults that this machine cannot bring about are named
  1  one was not: the table says which
  2  usage
"""


def names(text: str) -> list[str]:
    """Return the names of faults in a comma-separated list."""
    found = text.split(",")
    if unknown := [name for name in found if name not in FAULTS]:
        raise argparse.ArgumentTypeError(f"expected faults of {', '.join(FAULTS)}, got {', '.join(unknown)}")
    return found


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--faults", type=names, default=list(FAULTS), metavar="F1,F2,…", help="which (all)")
    which.add_argument("--short", action="store_true", help=f"only {', '.join(IN_A_ROW)}, shorter, on one hub")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random choices (%(default)s)")
    parser.add_argument("--scale", type=float, default=1, metavar="X", help="lengthen what lasts (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print each row as a JSON object")
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="write the table as Markdown too")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what each hub said, and the load's history")
    return parser


async def _run(options: argparse.Namespace) -> list[Row]:
    rows = []
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    with prepared() as pattern:
        for fault in [SHORT] if options.short else [FAULTS[name] for name in options.faults]:
            row = await run_fault(fault, pattern, options.seed, logs=options.logs, scale=options.scale)
            rows.append(row)
            if options.json:
                print(json.dumps(row.as_dict()), flush=True)
            else:
                broken = "BROKEN: " + "; ".join([*row.problems, str(row.load.get("wrong"))])
                verdict = "kept" if row.is_right else broken if row.ran else row.note
                print(f"{row.fault:<4} {row.title}: {verdict} ({row.seconds:.0f} s)", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Run the command, and return its exit status."""
    options = build_parser().parse_args()
    rows = asyncio.run(_run(options))
    if not options.json:
        # A table that is cut off would say nothing where there is no terminal.
        wide = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "240"))
        print_table(rows, Console(width=wide))
    if options.report:
        options.report.write_text(as_markdown(rows))
    return 0 if all(row.is_right or not row.ran for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
