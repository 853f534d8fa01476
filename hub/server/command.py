"""The command line of `python -m hub.server`: Daphne's, with what Daphne lacks."""

from functools import partial
from typing import Any

from daphne.cli import CommandLineInterface

from hub.server.proxies import parse_networks
from hub.server.serving import FlowServer


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
        group.add_argument(
            "--drain-spread",
            type=float,
            default=2.0,
            metavar="SECONDS",
            help="on SIGTERM, tell the sockets to come back over so long (%(default)s)",
        )
        group.add_argument(
            "--drain-timeout",
            type=float,
            default=8.0,
            metavar="SECONDS",
            help="exit at most so long after SIGTERM (%(default)s)",
        )

    def run(self, args: list[str]) -> Any:
        """Serve as the arguments say, until a signal ends it."""
        known, _ = self.parser.parse_known_args(args)
        self.server_class = partial(
            FlowServer,
            trusted=known.trusted_proxies,
            drain_spread=known.drain_spread,
            drain_timeout=known.drain_timeout,
        )
        return super().run(args)
