"""From sending to the screen: 500 messages a second, whether they come back or not, into a room of 100."""

import time
from collections.abc import Callable, Iterator

from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import Room, talk
from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import P50, P99, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.subjects import HubSubject, everyone
from tests.benchmarks.talking import figures
from tests.benchmarks.world import World

READERS = 100
#: Messages a second.
RATE = 500
SUBJECTS = (
    HubSubject("live", "nothing logged"),
    HubSubject("logged", "logged, SQLite"),
    HubSubject("logged", "logged, PostgreSQL", "postgresql"),
)


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each subject."""
    for subject in SUBJECTS:
        row = Row(f"screen {subject.key}", f"{RATE}/s into a room of {READERS}, send to arrival: {subject.title}")
        with told(row), subject.running(world) as server, Swarm(server.address) as swarm:
            room = Room(0, READERS, subject.dialect)
            swarm.open(subject.plans(world, server, room, everyone))
            swarm.settle()
            traffic = talk(swarm, [room], server.usage, window=0, seconds=options.seconds, pace=at_rate(room, RATE))
            row.figures, row.problems = figures(traffic), traffic.problems
            done = traffic.messages / traffic.seconds
            if done < 0.95 * RATE:
                row.problems.append(f"expected {RATE} messages a second, {done:.0f} came")
        yield row


def at_rate(room: Room, rate: float) -> Callable[[], None]:
    """Return a function that posts what is due, whenever it is called; the first call begins."""
    began: float | None = None
    posted = 0

    def post_due() -> None:
        nonlocal began, posted
        began = began or time.monotonic()
        while posted < (time.monotonic() - began) * rate:
            room.post()
            posted += 1

    return post_due


_GOALS = [Goal("p50 < 5 ms", P50, most=5), Goal("p99 < 25 ms", P99, most=25)]
SCREEN = Scenario(run, {f"screen {subject.key}": _GOALS for subject in SUBJECTS}, {})
