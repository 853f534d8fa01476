"""Alerts: 10,000 users are online, and a Celery task tells each of them something of their own."""

from collections.abc import Iterator, Mapping

from clients.load.latency import Histogram
from tests.benchmarks.client.frames import request
from tests.benchmarks.client.messages import StreamDialect
from tests.benchmarks.client.opening import Plan
from tests.benchmarks.client.readers import CarefulReader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.goals import Goal
from tests.benchmarks.measured import Usage
from tests.benchmarks.rows import LOAD, SERVER, Row
from tests.benchmarks.scenario import Options, Scenario, told
from tests.benchmarks.world import USERS, Database, NotMeasured, World

#: Seconds in which all have to be told.
PATIENCE = 60.0
DELIVERED = "delivered/s"
TO_FIRST = "s to the first"
WORKER = "worker CPU %"
DATABASES: Mapping[Database, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Inbox(CarefulReader):
    """One user's connection.

    Arguments:
        user: their number.
        came: gets the time of each alert, in nanoseconds of the steady clock.
    """

    __slots__ = ("_came",)

    def __init__(self, user: int, came: list[int]) -> None:
        super().__init__(0, user, StreamDialect(), Histogram())
        self._came = came

    def _note(self, payload: bytes, now: int) -> None:
        self.messages += 1
        self._came.append(now)


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each database."""
    for database, name in DATABASES.items():
        row = Row(f"alerts {database}", f"{USERS:,} users online, notify_many in a Celery task, {name}")
        with told(row):
            _measure(row, world, database)
        yield row


def _measure(row: Row, world: World, database: Database) -> None:
    site, came = world.site(database), list[int]()
    with world.hub(database) as server, world.worker(database) as worker, Swarm(server.address) as swarm:
        inboxes = [Inbox(user, came) for user in range(USERS)]
        asked = [
            request(server.host, "/ws/notifications/", {"Authorization": f"Bearer {token}"}) for token in site.tokens
        ]
        swarm.open([Plan(one, inbox) for one, inbox in zip(asked, inboxes, strict=True)])
        swarm.settle()
        own = Usage.own()
        before = server.usage.now(), own.now(), worker.now()
        with site.started("tests.benchmarks.site.alert", str(USERS)) as sending:
            swarm.run(PATIENCE, lambda: len(came) >= USERS or sending.poll() not in (None, 0))
            after = server.usage.now(), own.now(), worker.now()
            said = sending.communicate(timeout=PATIENCE)[0]
        if sending.returncode:
            raise NotMeasured("the task notify_many could not be sent")
        if len(came) < USERS:
            row.problems.append(f"{USERS - len(came):,} users were told nothing within {PATIENCE:g} s")
            return
        swarm.settle()
        sent = float(said)
        if any(inbox.messages != 1 for inbox in inboxes):
            row.problems.append("expected one alert for each user, some got another number")
        row.figures = {DELIVERED: USERS / (came[USERS - 1] / 1e9 - sent), TO_FIRST: came[0] / 1e9 - sent}
        row.figures |= {
            name: (late - early).share for name, early, late in zip((SERVER, LOAD, WORKER), before, after, strict=True)
        }


_GOAL = [Goal("≥ 5,000/s", DELIVERED, least=5_000)]
ALERTS = Scenario(run, {f"alerts {database}": _GOAL for database in DATABASES}, {})
