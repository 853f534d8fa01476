"""One room: how many deliveries a second its readers get, with some messages under way at a time."""

from collections.abc import Iterator, Mapping, Sequence

from tests.benchmarks.goals import FLOOR, STOCK, Goal
from tests.benchmarks.rows import Row
from tests.benchmarks.scenario import Options, Scenario
from tests.benchmarks.subjects import (
    CentrifugoSubject,
    ChatSubject,
    FloorSubject,
    HubSubject,
    StockSubject,
    Subject,
    everyone,
)
from tests.benchmarks.talking import measure
from tests.benchmarks.world import World

READERS = (1_000, 100)
#: Messages that are under way at a time.
WINDOWS = (4, 16)

SUBJECTS: Mapping[Subject, Sequence[int]] = {
    FloorSubject(): WINDOWS,
    FloorSubject(joined=True): WINDOWS,
    StockSubject("pubsub"): (4,),
    StockSubject("core"): (4,),
    HubSubject("live", "nothing logged"): WINDOWS,
    HubSubject("logged", "logged, SQLite"): WINDOWS,
    HubSubject("logged", "logged, PostgreSQL", "postgresql"): WINDOWS,
    ChatSubject("a chat room, SQLite"): WINDOWS,
    CentrifugoSubject("live", "Centrifugo's protocol, nothing logged"): WINDOWS,
    CentrifugoSubject("logged", "Centrifugo's protocol, logged, SQLite"): WINDOWS,
    CentrifugoSubject("live", "Centrifugo's protocol as Protobuf, nothing logged", protobuf=True): WINDOWS,
    CentrifugoSubject("logged", "Centrifugo's protocol as Protobuf, logged, SQLite", protobuf=True): WINDOWS,
}


def key(subject: str, readers: int, window: int) -> str:
    """Return the key of a row."""
    return f"fanout {subject} {readers} {window}"


def run(world: World, options: Options) -> Iterator[Row]:
    """Measure each subject with each number of readers."""
    for readers in READERS:
        for subject, windows in SUBJECTS.items():
            title = f"one room of {readers:,}: {subject.title}"
            rows = {
                window: Row(key(subject.key, readers, window), f"{title}, {window} in flight") for window in windows
            }
            measure(world, options, subject, rows, readers=readers, user_of=everyone)
            yield from rows.values()


def _goals() -> dict[str, list[Goal]]:
    stock, floor = key("stock pubsub", 1_000, 4), key("floor", 1_000, 4)
    goals = {}
    for subject, times, share in (("live", 40, 0.85), ("logged sqlite", 30, 0.65), ("logged postgresql", 30, 0.65)):
        goals[key(subject, 1_000, 4)] = [
            Goal(f"≥ {times} x stock", least=times, of=stock),
            Goal(f"≥ {share:.0%} of the floor", least=share, of=floor),
        ]
        # With joined frames: five times what is asked for with 4 in flight.
        goals[key(subject, 1_000, 16)] = [Goal(f"≥ 5 x {share:.0%} of the floor", least=5 * share, of=floor)]
    return goals


def _beside() -> dict[str, dict[str, str]]:
    return {
        key(subject.key, readers, window): {STOCK: key("stock pubsub", readers, 4), FLOOR: key("floor", readers, 4)}
        for readers in READERS
        for subject, windows in SUBJECTS.items()
        for window in windows
    }


FANOUT = Scenario(run, _goals(), _beside())
