"""Talk in rooms: posts, measures for some seconds, and makes sure that every reader has got everything."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from clients.load.latency import Histogram, Latency, sum_up
from tests.benchmarks.client import accounting
from tests.benchmarks.client.accounting import Counted
from tests.benchmarks.client.frames import TEXT, frame
from tests.benchmarks.client.messages import Dialect, Stamp, body
from tests.benchmarks.client.readers import BinaryReader, CarefulReader, Reader
from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.measured import Usage, Used

#: Characters of a message.
SIZE = 100
#: Seconds of talk before anything is measured, and seconds that readers get at the end for what is under way.
WARM_UP, DRAIN = 1.0, 10.0
#: Readers of a room that look at every frame, besides the one that posts and the one it waits for.
SAMPLES = 12


class Room:
    """One room, its readers, and the talk in it. The first reader posts too; the second one's messages ask for more.

    Arguments:
        number: which room it is.
        readers: how many read it, 2 or more.
        dialect: how its server is spoken to.
        samples: how many more of them look at every frame.
    """

    def __init__(self, number: int, readers: int, dialect: Dialect, samples: int = SAMPLES) -> None:
        self.number = number
        self._dialect = dialect
        self._posting = False
        self.posted = 0
        self.poster = CarefulReader(number, 0, dialect, Histogram())
        self.driver = CarefulReader(number, 1, dialect, Histogram(), on_message=self._came_back)
        counting = Reader if dialect.opcode == TEXT else BinaryReader
        every = max(1, readers // max(1, samples)) if samples else readers + 1
        rest = range(2, readers)
        self.readers: list[Reader] = [self.poster, self.driver]
        self.readers += [
            CarefulReader(number, place, dialect, Histogram()) if place % every == 0 else counting(number, place)
            for place in rest
        ]

    @property
    def careful(self) -> list[CarefulReader]:
        """The readers that look at every frame."""
        return [reader for reader in self.readers if isinstance(reader, CarefulReader)]

    def start(self, window: int) -> None:
        """Begin to talk.

        Arguments:
            window: messages that are under way at a time; 0: whoever calls `post` paces it.
        """
        self._posting = bool(window)
        for _ in range(window):
            self.post()

    def stop(self) -> None:
        """Say nothing more."""
        self._posting = False

    def post(self) -> None:
        """Say something."""
        self.posted += 1
        message = self._dialect.post(self.number, self.posted, body(self.posted, SIZE))
        self.poster.send(frame(self._dialect.opcode, message))

    def _came_back(self, stamp: Stamp) -> None:
        if self._posting:
            self.post()


@dataclass
class Traffic:
    """What came of talk."""

    seconds: float
    messages: float
    deliveries: float
    frames: float
    latency: Latency
    server: Used
    load: Used
    problems: list[str] = field(default_factory=list)


def talk(
    swarm: Swarm,
    rooms: Sequence[Room],
    server: Usage,
    *,
    window: int,
    seconds: float,
    pace: Callable[[], None] | None = None,
) -> Traffic:
    """Have all rooms talk for some seconds.

    Arguments:
        server: the process that is measured.
        window: messages that are under way in each room at a time; 0 with a pace.
        pace: called again and again, it posts what is due.
    Raises:
        Gone: the server has ended a connection.
    """
    for reader in swarm.readers:
        reader.reset()
    before = sum(room.posted for room in rooms)
    swarm.in_turn = pace
    for room in rooms:
        room.start(window)
    swarm.run(WARM_UP)
    traffic = _measure(swarm, rooms, server, seconds)
    swarm.in_turn = None
    for room in rooms:
        room.stop()
    traffic.problems = _settle(swarm, rooms)
    if sum(room.posted for room in rooms) == before or not traffic.messages:
        traffic.problems.append("expected messages to come, and none did")
    return traffic


def _measure(swarm: Swarm, rooms: Sequence[Room], server: Usage, seconds: float) -> Traffic:
    careful = [reader for room in rooms for reader in room.careful]
    latency = Histogram()
    for reader in careful:
        reader.latency = latency
    start, began = _snapshot(rooms), time.monotonic()
    server_before, load_before = server.now(), Usage.own().now()
    swarm.run(seconds)
    took = time.monotonic() - began
    used, load = server.now() - server_before, Usage.own().now() - load_before
    end = _snapshot(rooms)
    for reader in careful:
        reader.latency = Histogram()
    told = [
        (after.driver[0] - before.driver[0], after.driver[1] - before.driver[1], after.driver[2] - before.driver[2])
        for before, after in zip(start, end, strict=True)
    ]
    counted = [
        Counted(old.room, old.number, new.bytes - old.bytes)
        for before, after in zip(start, end, strict=True)
        for old, new in zip(before.readers, after.readers, strict=True)
    ]
    delivered = accounting.deliveries([(messages, size) for messages, size, _ in told], counted)
    messages, frames = sum(one[0] for one in told), sum(one[2] for one in told)
    return Traffic(
        took, messages, delivered, delivered * frames / messages if messages else 0.0, sum_up(latency), used, load
    )


@dataclass(frozen=True)
class _Snapshot:
    #: Messages, bytes and frames of the driver.
    driver: tuple[int, int, int]
    readers: list[Counted]


def _snapshot(rooms: Sequence[Room]) -> list[_Snapshot]:
    return [_Snapshot((room.driver.messages, room.driver.bytes, room.driver.frames), _counted(room)) for room in rooms]


def _counted(room: Room) -> list[Counted]:
    return [Counted(reader.room, reader.number, reader.bytes) for reader in room.readers]


def _settle(swarm: Swarm, rooms: Sequence[Room]) -> list[str]:
    """Wait for what is under way. Returns sentences about what did not come, or came in disorder."""

    def is_done() -> bool:
        return all(room.driver.last >= room.posted for room in rooms) and accounting.all_equal(
            [room.driver.bytes for room in rooms], chain.from_iterable(map(_counted, rooms))
        )

    problems: list[str] = []
    if not swarm.run(DRAIN, is_done):
        missing = sum(room.posted - room.driver.last for room in rooms)
        if missing:
            problems.append(f"{missing:,} messages did not come back within {DRAIN:g} s")
        counted = list(chain.from_iterable(map(_counted, rooms)))
        problems += accounting.unequal([room.driver.bytes for room in rooms], counted)
    disorder = sum(reader.disorder for room in rooms for reader in room.careful)
    if disorder:
        problems.append(f"{disorder:,} messages were not the next one of their room")
    return problems
