"""The options of the load tester's commands."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from clients.address import server_address
from clients.arguments import checked, credential, seconds, whole_number
from clients.load.link import Server
from clients.load.verify import Order

#: Characters that the name of a stream may have, with room for what is put behind it.
LONGEST_STREAM = 240
DEFAULT_SERVER = "http://127.0.0.1:8000"


def share(text: str) -> float:
    """Return a share, 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share, 0 to 1, got {text!r}")
    return value


def stream_name(text: str) -> str:
    """Return the name of a stream."""
    if not text.isascii() or not text.isprintable() or " " in text or not 1 < len(text) <= LONGEST_STREAM:
        raise argparse.ArgumentTypeError(f"expected the name of a stream, such as live:hall, got {text[:80]!r}")
    return text


def add_server(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add where the load goes; `environment` gives defaults."""
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


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Add the options of `verify`."""
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
    add(
        "--lives",
        metavar="N",
        type=whole_number(1),
        default=usual.lives,
        help="lives of a stream: 2 where an older copy of the database is restored meanwhile (%(default)s)",
    )
    add("--seed", metavar="N", type=whole_number(0), default=usual.seed, help="of the random choices (%(default)s)")
    add("--json", action="store_true", help="print the result as one JSON object")
    add("--record", metavar="FILE", type=Path, help="write everything that happened, one JSON object a line")


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add what every measuring command takes."""
    add = parser.add_argument
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--stream",
        metavar="NAME",
        type=stream_name,
        help="read and publish to this stream (NAME.0, NAME.1 … for several rooms) instead of rooms made for it",
    )
    where.add_argument(
        "--path",
        metavar="PATH",
        help="of a socket that gives each message to everybody who has opened it, on a server that is no Hubbub",
    )
    add("--size", metavar="N", type=whole_number(1), default=100, help="characters a message (%(default)s)")
    add("--json", action="store_true", help="print the result as one JSON object")
    add("--report", metavar="FILE.html", type=Path, help="write the result, with plots, as a page")


def add_fanout(parser: argparse.ArgumentParser, *, rooms: int, readers: int) -> None:
    """Add the options of `fanout` and `chat`.

    Arguments:
        rooms, readers: the defaults.
    """
    add = parser.add_argument
    add("--rooms", metavar="N", type=whole_number(1), default=rooms, help="rooms (%(default)s)")
    add("--readers", metavar="N", type=whole_number(1), default=readers, help="readers of each room (%(default)s)")
    add("--window", metavar="N", type=whole_number(1), default=4, help="messages under way in each room (%(default)s)")
    add("--rate", metavar="R", type=seconds, help="messages a second in all, instead of a window")
    add("--duration", metavar="S", type=seconds, default=10.0, help="seconds of posting (%(default)g)")
    add("--max", metavar="N", type=whole_number(1), default=1_000_000, help="messages at most (%(default)s)")
    add("--seed", metavar="N", type=whole_number(0), default=0, help="of the random choices (%(default)s)")


def add_connect(parser: argparse.ArgumentParser) -> None:
    """Add the options of `connect`."""
    add = parser.add_argument
    add("--rooms", metavar="N", type=whole_number(1), default=1, help="rooms that they read (%(default)s)")
    add("--max", metavar="N", type=whole_number(1), default=1_000, help="connections (%(default)s)")
    add("--rate", metavar="R", type=seconds, help="connections begun a second; default: as fast as it goes")
    add("--duration", metavar="S", type=seconds, default=10.0, help="seconds that all are held (%(default)g)")


def add_storm(parser: argparse.ArgumentParser) -> None:
    """Add the options of `storm`."""
    add = parser.add_argument
    add("--rooms", metavar="N", type=whole_number(1), default=10, help="rooms that they read (%(default)s)")
    add("--max", metavar="N", type=whole_number(1), default=1_000, help="readers in all (%(default)s)")
    add("--behind", metavar="N", type=whole_number(1), default=50, help="messages that each is behind (%(default)s)")
