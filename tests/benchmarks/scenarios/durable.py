"""Durable writes: 200 senders over WebSockets in 20 streams; the reply comes after the commit."""

from collections.abc import Iterator, Mapping

from clients.load.latency import Histogram
from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.messages import StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.senders import Published, Sender, publish
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import LOAD, MESSAGES, P50, P99, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.world import Database, World

SENDERS, STREAMS = 200, 20
#: Messages of each sender without a reply at a time.
WINDOWS = (1, 4)
DATABASES: Mapping[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each database."""
    for database, name in DATABASES.items():
        title = f"durable writes, {SENDERS} senders in {STREAMS} streams, {name}"
        rows = {window: Row(f"durable {database} {window}", f"{title}, {window} in flight") for window in WINDOWS}
        with told(*rows.values()), world.hub(database) as server, Swarm(server.address) as swarm:
            tokens = world.site(database).tokens
            senders = [Sender(n % STREAMS, n, StreamDialect(), Histogram()) for n in range(SENDERS)]
            swarm.open(
                [
                    Plan(
                        request(server.host, _path(sender), {"Authorization": f"Bearer {tokens[sender.number]}"}),
                        sender,
                    )
                    for sender in senders
                ]
            )
            swarm.settle()
            for window, row in rows.items():
                published = publish(swarm, senders, server.usage, window=window, seconds=options.seconds)
                row.figures, row.problems = _figures(published), published.problems
        yield from rows.values()


def _path(sender: Sender) -> str:
    return stream_path(f"logged:{EVERYONE}.durable{sender.room}")


def _figures(published: Published) -> dict[str, float]:
    return {
        MESSAGES: published.replies / published.seconds,
        P50: published.delay.p50,
        P99: published.delay.p99,
        SERVER: published.server.share,
        LOAD: published.load.share,
    }


_GOALS = [Goal("≥ 4,000/s", MESSAGES, least=4_000), Goal("p99 of the reply < 100 ms", P99, most=100)]
DURABLE = Scenario(run, {f"durable {database} 1": _GOALS for database in DATABASES}, {})
