"""`python -m clients.load verify`: put load on a hub, and check that nothing is lost, doubled or out of order."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from clients import process
from clients.address import server_address
from clients.arguments import checked, credential, seconds, whole_number
from clients.exit_codes import ExitCode, help_epilog
from clients.load.history import History
from clients.load.link import Server
from clients.load.report import as_json, print_table
from clients.load.verify import Load, NotStarted, Order, Result
from clients.output import printable

DEFAULT_SERVER = "http://127.0.0.1:8000"

EXAMPLES = """\
  # A hub for it; rate limits are for people:
  HUBBUB_LIMITS=off make up
  # Half a minute of load, while you do to the hub what you like:
  HUBBUB_TOKEN=$(python manage.py token demo) python -m clients.load verify
  # More of it, with everything that happened in a file, one JSON object a line:
  python -m clients.load verify --rooms 100 --readers 1000 --rate 100 --duration 60 --record history.jsonl
"""

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "right: nothing was lost, doubled, out of order or otherwise wrong",
    ExitCode.WRONG: "wrong: the table says what, and how often",
    ExitCode.USAGE: "usage: the command line is wrong",
    ExitCode.UNREACHABLE: "unreachable: the load could not begin, or the hub did not come back in time",
    ExitCode.INTERRUPTED: "interrupted twice by SIGINT (Ctrl-C) or SIGTERM",
}


def share(text: str) -> float:
    """Return a share, 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share, 0 to 1, got {text!r}")
    return value


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of the command line; `environment` gives defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.load",
        description="Put load on a hub. Its rooms are made for it, and stay.",
        epilog=help_epilog(EXAMPLES, MEANINGS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="verify")
    description = (
        "Post numbered messages into rooms and read them; readers come back by their position, and posts are repeated "
        "with their key. The first Ctrl-C or SIGTERM ends the posting early, and the check is made all the same."
    )
    verify = what.add_parser(
        "verify",
        help="check that every reader gets each message once and in order",
        description=description,
        epilog=help_epilog(EXAMPLES, MEANINGS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_server(verify, environment)
    _add_load(verify)
    verify.add_argument("--json", action="store_true", help="print the result as one JSON object")
    verify.add_argument(
        "--record", metavar="FILE", type=Path, help="write everything that happened, one JSON object a line"
    )
    return parser


def _add_server(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    parser.add_argument(
        "--url",
        metavar="URL",
        type=checked(server_address),
        default=environment.get("HUBBUB_URL") or DEFAULT_SERVER,
        help=f"address of the server; default $HUBBUB_URL, else {DEFAULT_SERVER}",
    )
    parser.add_argument(
        "--token",
        metavar="T",
        type=credential,
        default=environment.get("HUBBUB_TOKEN") or None,
        help="token to log in with; better set HUBBUB_TOKEN, since other users can read command lines",
    )


def _add_load(parser: argparse.ArgumentParser) -> None:
    add, usual = parser.add_argument, Order(server=Server("", ""))
    add("--rooms", metavar="N", type=whole_number(1), default=usual.rooms, help="rooms (%(default)s)")
    add("--readers", metavar="N", type=whole_number(1), default=usual.readers, help="readers in all (%(default)s)")
    add("--rate", metavar="R", type=seconds, default=usual.rate, help="messages a second in all (%(default)g)")
    add("--duration", metavar="S", type=seconds, default=usual.duration, help="seconds of posting (%(default)g)")
    add("--max", metavar="N", type=whole_number(1), default=usual.most, help="messages at most (%(default)s)")
    add("--size", metavar="N", type=whole_number(1), default=usual.size, help="characters a message (%(default)s)")
    add("--slow", metavar="SHARE", type=share, default=usual.slow, help="share of slow readers (%(default)g)")
    add(
        "--pause", metavar="S", type=seconds, default=usual.pause, help="seconds that they wait a message (%(default)g)"
    )
    add(
        "--wandering",
        metavar="SHARE",
        type=share,
        default=usual.wandering,
        help="share of readers that leave and come back at random (%(default)g)",
    )
    add(
        "--rest", metavar="SHARE", type=share, default=usual.rest, help="share of rooms posted to by REST (%(default)g)"
    )
    add("--heal", metavar="S", type=seconds, default=usual.heal, help="seconds to come to the end (%(default)g)")
    add("--seed", metavar="N", type=whole_number(0), default=usual.seed, help="of the random choices (%(default)s)")


def read_order(options: argparse.Namespace) -> Order:
    """Return what the command line asks for."""
    return Order(
        server=Server(options.url, options.token),
        rooms=options.rooms,
        readers=options.readers,
        rate=options.rate,
        duration=options.duration,
        most=options.max,
        size=options.size,
        slow=options.slow,
        wandering=options.wandering,
        pause=options.pause,
        rest=options.rest,
        heal=options.heal,
        seed=options.seed,
    )


async def _run(options: argparse.Namespace) -> Result:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        # The second one ends the program.
        for number in process.INTERRUPTS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.default_int_handler)

    for number in process.INTERRUPTS:
        loop.add_signal_handler(number, end)
    with ExitStack() as open_files:
        file = open_files.enter_context(options.record.open("w")) if options.record else None
        return await Load(read_order(options), History(file), stop, _say).run()


def _verify(options: argparse.Namespace) -> ExitCode:
    try:
        result = asyncio.run(_run(options))
    except NotStarted as problem:
        _say(str(problem))
        return ExitCode.UNREACHABLE
    if options.json:
        print(as_json(result))
    else:
        print_table(result, Console())
    return ExitCode.DONE if result.is_right else ExitCode.WRONG


def _say(sentence: str) -> None:
    print(f"load: {printable(sentence)}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process, and return its exit status."""
    parser = build_parser(os.environ)
    options = parser.parse_args(arguments)
    if options.token is None:
        parser.error("expected a token to log in with: set HUBBUB_TOKEN, or give --token")
    return process.run(lambda: _verify(options))


if __name__ == "__main__":
    sys.exit(main())
