"""The command line of `python -m hub.server`: Daphne's, with what Daphne lacks."""

from argparse import ArgumentError
from functools import partial
from typing import Any

from daphne.cli import CommandLineInterface

from hub.server.descriptors import open_beforehand
from hub.server.proxies import parse_networks
from hub.server.serving import FlowServer

#: Options that Daphne lacks: name, type, default, unit, meaning.
OPTIONS: tuple[tuple[str, type[float] | type[int], float, str, str], ...] = (
    ("--drain-spread", float, 2.0, "SECONDS", "on SIGTERM, tell the sockets to come back over so long"),
    ("--drain-timeout", float, 8.0, "SECONDS", "exit at most so long after SIGTERM"),
    ("--head-timeout", float, 20.0, "SECONDS", "let go of a client whose request's head takes longer"),
    ("--body-timeout", float, 30.0, "SECONDS", "the same for the body, with a second more for each KiB"),
    ("--close-timeout", float, 5.0, "SECONDS", "cut off a client that does not answer a close in so long"),
    ("--max-body-size", int, 104_857_600, "BYTES", "refuse larger bodies of requests; 0 for no limit"),
)

#: What `-v` takes: warnings, the usual, everything, everything with asyncio's debug mode.
VERBOSITIES = range(4)


class ServerCommand(CommandLineInterface):  # type: ignore[misc]  # Daphne has no types
    """Reads the arguments and serves."""

    description = "The daphne command, with flow control and a drain on SIGTERM"

    def __init__(self) -> None:
        super().__init__()
        group = self.parser.add_argument_group("beyond daphne")
        group.add_argument(
            "--trusted-proxies",
            type=parse_networks,
            default=[],
            metavar="NETWORKS",
            help="believe X-Forwarded-For and X-Forwarded-Proto of these addresses, e.g. 127.0.0.1,10.0.0.0/8 "
            "(none; --proxy-headers believes everyone)",
        )
        for name, kind, default, unit, text in OPTIONS:
            group.add_argument(name, type=kind, default=default, metavar=unit, help=f"{text} (%(default)s)")

    def run(self, args: list[str]) -> Any:
        """Serve as the arguments say, until a signal ends it."""
        known, _ = self.parser.parse_known_args(args)
        if known.verbosity not in VERBOSITIES:
            # Daphne prints a traceback.
            self.parser.error(f"argument -v/--verbosity: expected 0, 1, 2 or 3, got {known.verbosity}")
        self.server_class = partial(
            FlowServer,
            trusted=known.trusted_proxies,
            drain_spread=known.drain_spread,
            drain_timeout=known.drain_timeout,
            head_timeout=known.head_timeout,
            body_timeout=known.body_timeout,
            close_timeout=known.close_timeout,
            max_body_size=known.max_body_size,
        )
        open_beforehand()
        try:
            return super().run(args)
        except ArgumentError as error:
            # Daphne's own check of --proxy-headers-host and --proxy-headers-port, of which it prints a traceback.
            self.parser.error(str(error))
