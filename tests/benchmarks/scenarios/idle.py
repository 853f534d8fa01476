"""Idle connections: 10,000, authenticated and subscribed, in rooms of 10; what they take, and whether that grows."""

from collections.abc import Iterator

from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import Room
from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import MEMORY, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.subjects import HubSubject, member
from tests.benchmarks.talking import FIRST
from tests.benchmarks.world import ROOMS, World

READERS = 10
#: While they are held, in its second half: what grows without end grows there too, what only fills up does not.
GROWTH = "bytes of growth a connection"
FILLED = "bytes that filled up before"
HELD = "connections held"
CONNECTS = "connects/s"
SUBJECT = HubSubject("logged", "logged, SQLite", group=None, talk="idle")


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure the one row."""
    count = ROOMS * READERS
    row = Row("idle", f"{count:,} idle connections in {ROOMS:,} streams, held for {options.hold:g} s")
    with told(row), SUBJECT.running(world) as server, Swarm(server.address) as swarm:
        rooms = [Room(number, READERS, SUBJECT.dialect, samples=0) for number in range(ROOMS)]
        plans = [plan for room in rooms for plan in SUBJECT.plans(world, server, room, member)]
        swarm.open(plans[:FIRST])
        swarm.settle()
        empty = server.usage.memory()
        took = swarm.open(plans[FIRST:])
        swarm.settle()
        full, before = server.usage.memory(), server.usage.now()
        # An end of any of them is an error, and told.
        swarm.run(options.hold / 2)
        filled = server.usage.memory()
        swarm.run(options.hold / 2)
        row.figures = {
            MEMORY: (full - empty) / (count - FIRST),
            FILLED: (filled - full) / count,
            GROWTH: (server.usage.memory() - filled) / count,
            CONNECTS: (count - FIRST) / took,
            HELD: len(swarm.readers),
            SERVER: (server.usage.now() - before).share,
        }
    yield row


# What grows by less than a hundredth of what is asked for is rounding.
_GOALS = [Goal("≤ 30 KB", MEMORY, most=30_000), Goal("no growth", GROWTH, most=300)]
IDLE = Scenario(run, {"idle": _GOALS}, {})
