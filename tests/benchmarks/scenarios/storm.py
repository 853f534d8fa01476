"""A storm: 5,000 readers come back at once to a server that has just started, each 50 events behind."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clients.load.latency import Histogram
from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.messages import StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.readers import CarefulReader, Reader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.goals import Goal
from tests.benchmarks.measured import Usage
from tests.benchmarks.rows import LOAD, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.servers import RunningServer
from tests.benchmarks.site.counting import VARIABLE, read_count
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.world import Database, Site, World

READERS, STREAMS, BEHIND = 5_000, 50, 50
#: Seconds in which all have to be at the end.
PATIENCE = 60.0
#: Seconds after which one that the server has no time for comes again.
AGAIN = 0.2
CAUGHT_UP = "s until all are caught up"
QUERIES = "queries"
QUERIES_EACH = "queries a reader"
REFUSED = "tries refused"
DATABASES: Mapping[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each database."""
    for database, name in DATABASES.items():
        row = Row(f"storm {database}", f"{READERS:,} readers of {STREAMS} streams come back, {BEHIND} behind: {name}")
        with told(row):
            site = world.site(database)
            streams = json.loads(site.run("tests.benchmarks.site.behind", str(STREAMS), str(BEHIND)))
            counter = site.directory / "queries"
            with world.hub(database, **{VARIABLE: str(counter)}) as server, Swarm(server.address) as swarm:
                _come_back(row, swarm, server, site, streams, counter)
        yield row


def _come_back(
    row: Row, swarm: Swarm, server: RunningServer, site: Site, streams: Sequence[Mapping[str, Any]], counter: Path
) -> None:
    # One reader of something else: what the very first connection of a process takes is not the storm's.
    first = _ask(server, site, 0, stream_path(f"logged:{EVERYONE}.first"))
    swarm.open([Plan(first, Reader())])
    careful = [CarefulReader(room, room, StreamDialect(), Histogram()) for room in range(STREAMS)]
    readers = [careful[n] if n < STREAMS else Reader(n % STREAMS, n) for n in range(READERS)]
    plans = [Plan(_ask(server, site, n, _path(streams[n % STREAMS])), readers[n]) for n in range(READERS)]
    own = Usage.own()
    before, own_before, queries = server.usage.now(), own.now(), read_count(counter)
    began = time.monotonic()
    swarm.open(plans, at_once=READERS, seconds=PATIENCE, again=AGAIN)

    def all_there() -> bool:
        return all(reader.messages >= BEHIND for reader in careful) and all(
            reader.bytes >= careful[reader.room].bytes for reader in readers
        )

    if not swarm.run(PATIENCE, all_there):
        row.problems.append(f"not all were caught up within {PATIENCE:g} s")
    took = time.monotonic() - began
    queries = read_count(counter) - queries
    row.figures = {
        CAUGHT_UP: took,
        QUERIES: queries,
        QUERIES_EACH: queries / READERS,
        REFUSED: swarm.refused,
        SERVER: (server.usage.now() - before).share,
        LOAD: (own.now() - own_before).share,
    }
    swarm.settle()
    wrong = sum(reader.bytes != careful[reader.room].bytes for reader in readers)
    if wrong or any(reader.messages != BEHIND or reader.disorder for reader in careful):
        row.problems.append(f"expected {BEHIND} events in order at each reader, {wrong:,} got something else")


def _path(stream: Mapping[str, Any]) -> str:
    return stream_path(str(stream["stream"]), f"?since={stream['offset']}&epoch={stream['epoch']}")


def _ask(server: RunningServer, site: Site, user: int, path: str) -> bytes:
    return request(server.host, path, {"Authorization": f"Bearer {site.tokens[user]}"})


_GOALS = [Goal("≤ 6 s", CAUGHT_UP, most=6), Goal("queries per stream, not per reader", QUERIES_EACH, most=0.2)]
STORM = Scenario(run, {f"storm {database}": _GOALS for database in DATABASES}, {})
