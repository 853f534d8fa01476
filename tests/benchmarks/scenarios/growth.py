"""Growth: what an event costs the server with more and more readers, and with a million events in the log."""

from collections.abc import Iterator, Mapping

from clients.load.latency import Histogram
from tests.benchmarks.client.frames import request, stream_path
from tests.benchmarks.client.messages import StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.senders import Sender, publish
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import Room, talk
from tests.benchmarks.goals import Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.site.seed import EVERYONE
from tests.benchmarks.subjects import HubSubject, everyone
from tests.benchmarks.talking import figures
from tests.benchmarks.world import Database, World

READERS = (10, 100, 1_000, 10_000)
WINDOW = 4
#: Senders, and the events that are in the log before they come.
SENDERS, EVENTS = 20, 1_000_000
COST, COST_EACH = "µs of the server an event", "µs of the server a delivery"
SUBJECTS = (HubSubject("live", "nothing logged"), HubSubject("logged", "logged, SQLite"))
DATABASES: Mapping[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure by readers, then by what is in the log."""
    for subject in SUBJECTS:
        for readers in READERS:
            yield _by_readers(world, options, subject, readers)
    for database, name in DATABASES.items():
        yield from _by_log(world, options, database, name)


def _by_readers(world: World, options: Options, subject: HubSubject, readers: int) -> Row:
    row = Row(f"growth {subject.key} {readers}", f"an event to {readers:,} readers: {subject.title}")
    with told(row), subject.running(world) as server, Swarm(server.address) as swarm:
        room = Room(0, readers, subject.dialect)
        swarm.open(subject.plans(world, server, room, everyone))
        swarm.settle()
        traffic = talk(swarm, [room], server.usage, window=WINDOW, seconds=options.seconds)
        row.problems = traffic.problems
        if traffic.messages:
            cost = 1e6 * traffic.server.processor / traffic.messages
            row.figures = figures(traffic) | {COST: cost, COST_EACH: cost / readers}
    return row


def _by_log(world: World, options: Options, database: Database, name: str) -> Iterator[Row]:
    for events, stream in ((0, f"logged:{EVERYONE}.empty"), (EVENTS, f"logged:{EVERYONE}.full")):
        row = Row(f"growth {database} log {events}", f"an event into a stream of {events:,} events, {name}")
        with told(row):
            site = world.site(database)
            if events:
                site.run("tests.benchmarks.site.fill", stream, str(events))
            with world.hub(database) as server, Swarm(server.address) as swarm:
                senders = [Sender(0, n, StreamDialect(), Histogram()) for n in range(SENDERS)]
                path = stream_path(stream)
                asked = [request(server.host, path, {"Authorization": f"Bearer {token}"}) for token in site.tokens]
                swarm.open([Plan(one, sender) for one, sender in zip(asked, senders, strict=False)])
                swarm.settle()
                done = publish(swarm, senders, server.usage, window=1, seconds=options.seconds)
                row.problems = done.problems
                if done.replies:
                    row.figures = {"replies/s": done.replies / done.seconds}
                    row.figures[COST] = 1e6 * done.server.processor / done.replies
        yield row


_GOALS = {
    f"growth {database} log {EVENTS}": [
        Goal("≤ 1.25 x that of an empty stream", COST, most=1.25, of=f"growth {database} log 0")
    ]
    for database in DATABASES
}
GROWTH = Scenario(run, _GOALS, {})
