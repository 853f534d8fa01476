"""`python -m clients.publish`: publish an alert or a chat message over REST from a shell line."""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from clients import process
from clients.address import server_address
from clients.arguments import checked, credential, plain_text, whole_number
from clients.exit_codes import ExitCode, help_epilog
from clients.output import printable
from clients.rest import Refused, Unreachable, post

DEFAULT_SERVER = "http://127.0.0.1:8000"
DEFAULT_RETRIES = 4

EXAMPLES = """\
  # Alert a user at the end of a long job; the key makes it one alert however often the job is repeated:
  HUBBUB_API_KEY=... python -m clients.publish alert demo "Backup done" --body "42 GB" --key backup-2026-01-02
  # Post what a program prints into a room:
  uptime | HUBBUB_TOKEN=$(python manage.py token demo) python -m clients.publish message lobby -
"""

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done: it is published, now or earlier with the same --key",
    ExitCode.USAGE: "usage: the command line is wrong",
    ExitCode.REFUSED: "refused: the server does not do it, and trying again would not change it",
    ExitCode.UNREACHABLE: "unreachable: no working server answered, and --retries are used up",
    ExitCode.INTERRUPTED: "interrupted by SIGINT (Ctrl-C) or SIGTERM",
}


TOKEN_HELP = "token to log in with; default $HUBBUB_TOKEN, which is better: other users can read command lines"
KEY_HELP = "whatever is published again with the same key has no further effect; default: a new one for this run"


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of the command line; `environment` gives defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.publish",
        description="Publish an alert or a chat message; repeated attempts have one effect.",
        epilog=help_epilog(EXAMPLES, MEANINGS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="alert|message")
    for name, description, add_arguments in (
        ("alert", "Notify a user.", _add_alert),
        ("message", "Post into a chat room.", _add_message),
    ):
        command = what.add_parser(
            name, help=description, description=description, parents=[_common(environment)], allow_abbrev=False
        )
        add_arguments(command)
    return parser


def _add_alert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("username", metavar="USERNAME", type=plain_text, help="whom to notify")
    parser.add_argument("title", metavar="TITLE", type=plain_text, help="the line that is seen first")
    parser.add_argument("--body", metavar="TEXT", type=plain_text, help="more text; - reads standard input")
    parser.add_argument(
        "--kind", metavar="KIND", type=plain_text, help="kind of notification; the server's default: alert"
    )
    parser.add_argument("--url", metavar="URL", type=plain_text, help="where a click leads")


def _add_message(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", metavar="ROOM", type=plain_text, help="the room's name in its address, such as lobby")
    parser.add_argument("body", metavar="BODY", type=plain_text, help="the text; - reads standard input")


def _common(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--server",
        metavar="URL",
        type=checked(server_address),
        default=environment.get("HUBBUB_URL") or DEFAULT_SERVER,
        help=f"address of the server; default $HUBBUB_URL, else {DEFAULT_SERVER}",
    )
    login = parser.add_mutually_exclusive_group()
    login.add_argument("--api-key", metavar="K", type=credential, help="API key; default $HUBBUB_API_KEY")
    login.add_argument("--token", metavar="T", type=credential, help=TOKEN_HELP)
    parser.add_argument("--key", metavar="K", type=plain_text, help=KEY_HELP)
    parser.add_argument(
        "--retries",
        metavar="N",
        type=whole_number(0),
        default=DEFAULT_RETRIES,
        help=f"how many repeated attempts to make when the server is not there or fails; default {DEFAULT_RETRIES}",
    )
    parser.add_argument("--json", action="store_true", help="print the server's whole answer instead of the id")
    return parser


def login_headers(api_key: str | None, token: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the HTTP headers to log in with; options go before the environment, an API key before a token.

    Raises:
        argparse.ArgumentTypeError: what the environment holds cannot be sent.
    """
    if api_key is None and token is None:
        api_key, token = (_from(environment, name) for name in ("HUBBUB_API_KEY", "HUBBUB_TOKEN"))
    if api_key is not None:
        return {"X-API-Key": api_key}
    return {"Authorization": f"Bearer {token}"} if token is not None else {}


def _from(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name)
    if not value:
        return None
    try:
        return credential(value)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from None


def request_body(options: argparse.Namespace) -> tuple[str, dict[str, object]]:
    """Return the path below the server's address, and what to post there."""
    key = options.key or uuid.uuid4().hex
    if options.what == "message":
        path = f"/api/v1/rooms/{quote(options.room, safe='')}/messages/"
        return path, {"body": _text(options.body), "key": key}
    wanted = {
        "username": options.username,
        "title": options.title,
        "body": None if options.body is None else _text(options.body),
        "kind": options.kind,
        "url": options.url,
        "key": key,
    }
    return "/api/v1/notifications/", {name: value for name, value in wanted.items() if value is not None}


def _text(argument: str) -> str:
    if argument != "-":
        return argument
    try:
        # The line end belongs to the program that wrote the text, not to the message.
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError("expected UTF-8 text on standard input") from None


def _publish(options: argparse.Namespace, parser: argparse.ArgumentParser) -> ExitCode:
    try:
        headers = login_headers(options.api_key, options.token, os.environ)
        path, body = request_body(options)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    try:
        created = post(options.server + path, body, headers, retries=options.retries, say=_say)
    except Refused as refusal:
        hint = "" if headers else "; no login was given: set HUBBUB_API_KEY or HUBBUB_TOKEN"
        _say(f"refused by {options.server}: {refusal}{hint}")
        return ExitCode.REFUSED
    except Unreachable as failure:
        _say(f"{options.server}: {failure}")
        return ExitCode.UNREACHABLE
    if created.repeated:
        _say("it was published before with this key; nothing was added")
    print(json.dumps(created.result) if options.json else created.result["id"])
    return ExitCode.DONE


def _say(sentence: str) -> None:
    print(f"publish: {printable(sentence)}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process, and return its exit status."""
    parser = build_parser(os.environ)
    options = parser.parse_args(arguments)
    return process.run(lambda: _publish(options, parser))


if __name__ == "__main__":
    sys.exit(main())
