"""`python -m clients.load COMMAND`: put load on a hub; measure how fast it is, or check that it loses nothing."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from clients import process
from clients.exit_codes import ExitCode, help_epilog
from clients.load import options as add
from clients.load.history import History
from clients.load.link import Server
from clients.load.report import as_json, print_table
from clients.load.verify import Load, NotStarted, Order, Result
from clients.output import printable

EXAMPLES = """\
  # A hub for it; rate limits are for people:
  HUBBUB_LIMITS=off make up
  # Half a minute of load, while you do to the hub what you like; then a check that nothing was lost:
  export HUBBUB_TOKEN=$(python manage.py token demo)
  python -m clients.load verify
  # How fast messages get to 1,000 readers of one room, with a page of plots:
  python -m clients.load fanout --readers 1000 --report fanout.html
  # 200 rooms of 10, each talking; 5,000 connections held for a minute; 2,000 readers that come back at once:
  python -m clients.load chat --rooms 200
  python -m clients.load connect --max 5000 --duration 60
  python -m clients.load storm --max 2000
  # A stream of an application's own, whose namespace lets clients publish:
  python -m clients.load fanout --stream live:hall --readers 1000
"""

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "right: nothing was lost, doubled, out of order or otherwise wrong",
    ExitCode.WRONG: "wrong: the table says what, and how often",
    ExitCode.USAGE: "usage: the command line is wrong",
    ExitCode.UNREACHABLE: "unreachable: the load could not begin, or the hub did not come back in time",
    ExitCode.INTERRUPTED: "interrupted twice by SIGINT (Ctrl-C) or SIGTERM",
}

VERIFY = (
    "Post numbered messages into rooms and read them; readers come back by their position, and posts are repeated "
    "with their key. The first Ctrl-C or SIGTERM ends the posting early, and the check is made all the same."
)
FANOUT = (
    "Post into rooms with many readers: a message when another one has come back, some under way at a time, or so "
    "many a second. Tells deliveries a second, and how long a message takes to its readers."
)
COMMANDS: Mapping[str, tuple[str, str]] = {
    "verify": ("check that every reader gets each message once and in order", VERIFY),
    "fanout": ("measure one room with many readers", FANOUT),
    "chat": ("measure many rooms with few readers each, all of them talking", FANOUT),
    "connect": ("open many connections and hold them", "Open connections, hold them, and tell how many stayed."),
    "storm": ("let many readers come back at once", "Let readers come back at once, each some messages behind."),
}


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of the command line; `environment` gives defaults."""
    look: dict[str, Any] = {
        "epilog": help_epilog(EXAMPLES, MEANINGS),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }
    description = "Put load on a hub. Its rooms are made for it, and stay."
    parser = argparse.ArgumentParser(prog="python -m clients.load", description=description, **look)
    what = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    commands = {}
    for name, (words, sentence) in COMMANDS.items():
        commands[name] = what.add_parser(name, help=words, description=sentence, **look)
        add.add_server(commands[name], environment)
        if name != "verify":
            add.add_site(commands[name])
    add.add_verify(commands["verify"])
    add.add_fanout(commands["fanout"], rooms=1, readers=100)
    add.add_fanout(commands["chat"], rooms=100, readers=10)
    add.add_connect(commands["connect"])
    add.add_storm(commands["storm"])
    return parser


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
        lives=options.lives,
        seed=options.seed,
    )


async def _run(options: argparse.Namespace) -> Result:
    stop = stop_by_signals()
    with ExitStack() as open_files:
        file = open_files.enter_context(options.record.open("w")) if options.record else None
        return await Load(read_order(options), History(file), stop, _say).run()


def stop_by_signals() -> asyncio.Event:
    """Return an event that the first interrupt sets. The second one ends the program."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        for number in process.INTERRUPTS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.default_int_handler)

    for number in process.INTERRUPTS:
        loop.add_signal_handler(number, end)
    return stop


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


def _work(options: argparse.Namespace) -> ExitCode:
    if options.what == "verify":
        return _verify(options)
    try:
        # Its library is in an extra: `verify` does without.
        from clients.load import measure
    except ImportError as error:
        _say(f"expected the packages of the extra `load` to be installed (make load): {error}")
        return ExitCode.USAGE
    return measure.run(options, stop_by_signals, _say)


def _say(sentence: str) -> None:
    print(f"load: {printable(sentence)}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process, and return its exit status."""
    parser = build_parser(os.environ)
    options = parser.parse_args(arguments)
    if options.token is None and getattr(options, "path", None) is None:
        parser.error("expected a token to log in with: set HUBBUB_TOKEN, or give --token")
    return process.run(lambda: _work(options))


if __name__ == "__main__":
    sys.exit(main())
