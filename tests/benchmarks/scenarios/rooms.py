"""Many rooms: 1,000 of 10 readers, each of which always has a message under way."""

from collections.abc import Iterator

from tests.benchmarks.goals import STOCK, Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario
from tests.benchmarks.subjects import HubSubject, StockSubject, member
from tests.benchmarks.talking import measure
from tests.benchmarks.world import ROOMS, World

READERS = 10
SUBJECTS = (
    StockSubject("pubsub"),
    HubSubject("live", "nothing logged", group=None),
    HubSubject("logged", "logged, SQLite", group=None),
    HubSubject("logged", "logged, PostgreSQL", "postgresql", group=None),
)


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each subject."""
    for subject in SUBJECTS:
        row = Row(f"rooms {subject.key}", f"{ROOMS:,} rooms of {READERS}: {subject.title}, 1 in flight in each")
        measure(world, options, subject, {1: row}, rooms=ROOMS, readers=READERS, user_of=member, samples=0)
        yield row


_HUB = [f"rooms {subject.key}" for subject in SUBJECTS if isinstance(subject, HubSubject)]
_STOCK = "rooms stock pubsub"
ROOMS_TALK = Scenario(
    run,
    {key: [Goal("≥ 15 x stock", least=15, of=_STOCK)] for key in _HUB},
    {key: {STOCK: _STOCK} for key in _HUB},
)
