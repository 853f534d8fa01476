"""From commit to the screen: a program publishes 500 events a second, which go to a room of 100."""

import json
from collections.abc import Iterator, Mapping, Sequence

from clients.load.latency import Histogram, sum_up
from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.messages import StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.readers import CarefulReader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import DRAIN
from tests.benchmarks.goals import Goal
from tests.benchmarks.measured import Usage
from tests.benchmarks.rows import DELIVERIES, LOAD, MESSAGES, P50, P99, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.world import Database, NotMeasured, World

READERS = 100
#: Events a second.
RATE = 500
DATABASES: Mapping[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
STREAM = f"logged:{EVERYONE}.screen"


class Screen(CarefulReader):
    """One reader, which notes when each event came."""

    __slots__ = ("came",)

    def __init__(self, number: int) -> None:
        super().__init__(0, number, StreamDialect(), Histogram())
        #: By number, from 1 on, in nanoseconds of the steady clock.
        self.came: list[int] = []

    def _note(self, payload: bytes, now: int) -> None:
        super()._note(payload, now)
        self.came.append(now)


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each database."""
    for database, name in DATABASES.items():
        row = Row(f"screen {database}", f"{RATE}/s published into a room of {READERS}, commit to arrival: {name}")
        with told(row):
            _measure(row, world, database, options.seconds)
        yield row


def _measure(row: Row, world: World, database: Database, seconds: float) -> None:
    site, screens = world.site(database), [Screen(number) for number in range(READERS)]
    wanted = int(RATE * seconds)
    with world.hub(database) as server, Swarm(server.address) as swarm:
        asked = [
            request(server.host, stream_path(STREAM), {"Authorization": f"Bearer {token}"})
            for token in site.tokens[:READERS]
        ]
        swarm.open([Plan(one, screen) for one, screen in zip(asked, screens, strict=True)])
        swarm.settle()
        own = Usage.own()
        before = server.usage.now(), own.now()
        with site.started("tests.benchmarks.site.steady", STREAM, str(RATE), str(seconds)) as publishing:
            swarm.run(seconds + DRAIN, lambda: all(screen.messages >= wanted for screen in screens))
            after = server.usage.now(), own.now()
            said = publishing.communicate(timeout=DRAIN)[0]
    if publishing.returncode:
        raise NotMeasured("the program that publishes has failed")
    row.problems = _judge(screens, wanted)
    if not row.problems:
        row.figures = _figures(screens, json.loads(said))
        row.figures |= {
            name: (late - early).share for name, early, late in zip((SERVER, LOAD), before, after, strict=True)
        }


def _judge(screens: Sequence[Screen], wanted: int) -> list[str]:
    short = [screen for screen in screens if screen.messages != wanted]
    disorder = sum(screen.disorder for screen in screens)
    problems = [f"{len(short)} readers did not get {wanted:,} events"] if short else []
    return problems + ([f"{disorder:,} events were not the next one"] if disorder else [])


def _figures(screens: Sequence[Screen], committed: Sequence[int]) -> dict[str, float]:
    histogram = Histogram()
    for screen in screens:
        for came, at in zip(screen.came, committed, strict=True):
            histogram.add((came - at) // 1000)
    latency = sum_up(histogram)
    took = (max(screen.came[-1] for screen in screens) - committed[0]) / 1e9
    events = len(committed) / took
    return {MESSAGES: events, DELIVERIES: events * len(screens), P50: latency.p50, P99: latency.p99}


_GOALS = [Goal("p50 < 5 ms", P50, most=5), Goal("p99 < 25 ms", P99, most=25)]
SCREEN = Scenario(run, {f"screen {database}": _GOALS for database in DATABASES}, {})
