"""Many rooms: 1,000 of 10 readers, with a message always under way in each room, or one of each reader."""

from collections.abc import Iterator

from tests.benchmarks.goals import STOCK, Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario
from tests.benchmarks.subjects import HubSubject, StockSubject, Subject, member
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
        # The stock chat has more to do than it can with one: with more, messages only wait longer in it.
        windows = (1, READERS) if isinstance(subject, HubSubject) else (1,)
        rows = {window: _row(subject, window) for window in windows}
        measure(world, options, subject, rows, rooms=ROOMS, readers=READERS, user_of=member, samples=0)
        yield from rows.values()


def _row(subject: Subject, window: int) -> Row:
    return Row(_key(subject, window), f"{ROOMS:,} rooms of {READERS}: {subject.title}, {window} in flight in each")


def _key(subject: Subject, window: int) -> str:
    return f"rooms {subject.key} {window}"


_HUB = [_key(subject, window) for subject in SUBJECTS if isinstance(subject, HubSubject) for window in (1, READERS)]
_STOCK = "rooms stock pubsub 1"
ROOMS_TALK = Scenario(
    run,
    {key: [Goal("≥ 15 x stock", least=15, of=_STOCK)] for key in _HUB},
    {key: {STOCK: _STOCK} for key in _HUB},
)
