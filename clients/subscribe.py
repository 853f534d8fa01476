"""`python -m clients.subscribe URL`: print the events of streams, each once and in order, whatever happens between."""

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from clients import process
from clients.address import subscribe_address
from clients.arguments import checked, credential, plain_text, seconds, whole_number
from clients.backoff import STABLE_SECONDS, Backoff
from clients.conversation import Conversation
from clients.exit_codes import ExitCode, help_epilog
from clients.output import Output
from clients.plain_stream import PlainStream
from clients.position import Tracker
from clients.position_file import PositionFile
from clients.streams import Streams
from clients.subscriber import RETRIES_AT_START, Order, Subscriber

EXAMPLES = """\
  # What is said in the lobby, from now on:
  HUBBUB_TOKEN=$(python manage.py token demo) python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/
  # All that is kept, as JSON, for another program:
  python -m clients.subscribe ws://127.0.0.1:8000/ws/chat/lobby/ --since 0 --json --timeout 5 | jq .data.body
  # Wait at most a minute for the next alert, and show it on the desktop:
  python -m clients.subscribe wss://hub.example.org/ws/notifications/ --count 1 --timeout 60 \\
      --exec 'notify-send "$HUBBUB_TYPE"'
  # Two streams over one connection, by the Centrifugo protocol; the next run goes on where this one ended:
  python -m clients.subscribe ws://127.0.0.1:8000 --stream chat:lobby --stream 'inbox#1' --positions seen.json
"""

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done: --count was reached, or --timeout passed and no --count was asked for",
    ExitCode.USAGE: "usage: the command line is wrong",
    ExitCode.REFUSED: "refused: the server does not let this client in, and trying again would not change it",
    ExitCode.UNREACHABLE: "unreachable: no connection within --timeout, or --retries used up",
    ExitCode.TIMEOUT: "timeout: --timeout passed before --count was reached",
    ExitCode.INTERRUPTED: "interrupted by SIGINT (Ctrl-C) or SIGTERM",
}


URL_HELP = (
    "ws:// or wss:// address of the stream; with --stream, of the server, or of its endpoint of the Centrifugo protocol"
)
STREAM_HELP = "read this stream, by the Centrifugo protocol; may be given many times: all go over one connection"
POSITIONS_HELP = "with --stream: go on where this file says that a stream was left, and keep it up to date"
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
        description="Print the events of Hubbub streams, one line each, exactly once and in order. "
        "A lost connection is made again and goes on where it was; all but events is told on standard error.",
        epilog=help_epilog(EXAMPLES, MEANINGS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", type=checked(subscribe_address), help=URL_HELP)
    add("--stream", dest="streams", metavar="NAME", action="append", type=plain_text, help=STREAM_HELP)
    add("--positions", type=Path, metavar="FILE", help=POSITIONS_HELP)
    add("--token", type=credential, metavar="T", default=environment.get("HUBBUB_TOKEN") or None, help=TOKEN_HELP)
    add("--since", type=whole_number(0), metavar="N", help=SINCE_HELP)
    add("--epoch", metavar="E", help="the epoch that --since belongs to, as printed at the end of the last run")
    add("--count", type=whole_number(1), metavar="N", help="end after N events; ephemeral ones do not count")
    add("--timeout", type=seconds, metavar="S", help=TIMEOUT_HELP)
    add("--retries", type=whole_number(0), metavar="N", help=RETRIES_HELP)
    add("--exec", dest="command", metavar="CMD", help=EXEC_HELP)
    add("--json", action="store_true", help="print each event as a JSON object, as the server sent it")
    return parser


def conversation_of(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Conversation:
    """Return what is to be said to the server; ends the program where the options do not fit together."""
    if options.epoch is not None and options.since is None:
        parser.error("--epoch needs --since: an epoch alone is no position")
    if not options.streams:
        if options.positions is not None:
            parser.error("--positions needs --stream: one stream goes on with --since and --epoch")
        return PlainStream(options.url, options.token, Tracker(options.since, options.epoch))
    if options.epoch is not None and len(set(options.streams)) > 1:
        parser.error("--epoch goes with one --stream: each has an epoch of its own; several go on with --positions")
    trackers = {stream: Tracker(options.since, options.epoch) for stream in options.streams}
    address = options.url.of_streams()
    if options.positions is None:
        return Streams(address, options.token, trackers)
    file = PositionFile(options.positions)
    try:
        positions = file.read()
        # Sooner than with the first event, which would come again at the next run.
        file.write({})
    except (OSError, ValueError) as error:
        parser.error(f"argument --positions: {error}")
    kept = {stream: Tracker(one.offset, one.epoch) for stream, one in positions.items() if stream in trackers}
    return Streams(address, options.token, trackers | kept, file.write)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process, and return its exit status."""
    parser = build_parser(os.environ)
    options = parser.parse_args(arguments)
    conversation = conversation_of(parser, options)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the locale says; for people, an escaped character is better than a crash.
        sys.stdout.reconfigure(encoding="utf-8" if options.json else None, errors="backslashreplace")
    order = Order(options.url, options.token, options.count, options.timeout, options.retries, options.command)
    output = Output(sys.stdout, sys.stderr, as_json=options.json, name="subscribe")
    return process.run(Subscriber(order, conversation, output, Backoff()).run)


if __name__ == "__main__":
    sys.exit(main())
