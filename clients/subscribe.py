"""`python -m clients.subscribe URL`: print the events of a stream, each once and in order, whatever happens between."""

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence

from clients import process
from clients.address import subscribe_address
from clients.arguments import checked, credential, seconds, whole_number
from clients.backoff import STABLE_SECONDS, Backoff
from clients.exit_codes import ExitCode, help_epilog
from clients.output import Output
from clients.plain_stream import PlainStream
from clients.position import Tracker
from clients.subscriber import RETRIES_AT_START, Order, Subscriber

EXAMPLES = """\
  # What is said in the lobby, from now on:
  HUBBUB_TOKEN=$(python manage.py token demo) python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/
  # All that is kept, as JSON, for another program:
  python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/ --since 0 --json --timeout 5 | jq .data.body
  # Wait at most a minute for the next alert, and show it on the desktop:
  python -m clients.subscribe wss://hub.example.org/ws/notifications/ --count 1 --timeout 60 \\
      --exec 'notify-send "$HUBBUB_TYPE"'
"""

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done: --count was reached, or --timeout passed and no --count was asked for",
    ExitCode.USAGE: "usage: the command line is wrong",
    ExitCode.REFUSED: "refused: the server does not let this client in, and trying again would not change it",
    ExitCode.UNREACHABLE: "unreachable: no connection within --timeout, or --retries used up",
    ExitCode.TIMEOUT: "timeout: --timeout passed before --count was reached",
    ExitCode.INTERRUPTED: "interrupted by SIGINT (Ctrl-C) or SIGTERM",
}


TOKEN_HELP = "token to log in with; better set HUBBUB_TOKEN, since other users can read command lines"
SINCE_HELP = "go on after offset N; 0 for all that is kept; without it, from now on"
TIMEOUT_HELP = (
    "end S seconds after the start, whatever goes on then: the time includes connecting, reconnecting "
    "and commands of --exec, one of which may be ended by it"
)
RETRIES_HELP = (
    "give up when N repeated attempts in a row fail, counted anew after a connection that lasted "
    f"{STABLE_SECONDS:g} seconds; default: endless once connected, {RETRIES_AT_START} before"
)
EXEC_HELP = (
    "run this shell command for each event, one at a time and in order: the event's JSON on its standard "
    "input; HUBBUB_TYPE, HUBBUB_OFFSET and HUBBUB_STREAM in its environment; a failing command is reported"
)


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of the command line; `environment` gives defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.subscribe",
        description="Print the events of a Hubbub stream, one line each, exactly once and in order. "
        "A lost connection is made again and goes on where it was; all but events is told on standard error.",
        epilog=help_epilog(EXAMPLES, MEANINGS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", type=checked(subscribe_address), help="ws:// or wss:// address of the stream")
    add("--token", type=credential, metavar="T", default=environment.get("HUBBUB_TOKEN") or None, help=TOKEN_HELP)
    add("--since", type=whole_number(0), metavar="N", help=SINCE_HELP)
    add("--epoch", metavar="E", help="the epoch that --since belongs to, as printed at the end of the last run")
    add("--count", type=whole_number(1), metavar="N", help="end after N events; ephemeral ones do not count")
    add("--timeout", type=seconds, metavar="S", help=TIMEOUT_HELP)
    add("--retries", type=whole_number(0), metavar="N", help=RETRIES_HELP)
    add("--exec", dest="command", metavar="CMD", help=EXEC_HELP)
    add("--json", action="store_true", help="print each event as the JSON object that the server sent")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process, and return its exit status."""
    parser = build_parser(os.environ)
    options = parser.parse_args(arguments)
    if options.epoch is not None and options.since is None:
        parser.error("--epoch needs --since: an epoch alone is no position")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the locale says; for people, an escaped character is better than a crash.
        sys.stdout.reconfigure(encoding="utf-8" if options.json else None, errors="backslashreplace")
    order = Order(options.url, options.token, options.count, options.timeout, options.retries, options.command)
    output = Output(sys.stdout, sys.stderr, as_json=options.json, name="subscribe")
    conversation = PlainStream(options.url, options.token, Tracker(options.since, options.epoch))
    return process.run(Subscriber(order, conversation, output, Backoff()).run)


if __name__ == "__main__":
    sys.exit(main())
