"""Measuring talk: runs a subject, lets the readers of its rooms in, and has the rooms talk."""

from collections.abc import Mapping

from tests.benchmarks.client.swarm import Swarm
from tests.benchmarks.client.traffic import SAMPLES, Room, Traffic, talk
from tests.benchmarks.rows import DELIVERIES, FRAMES, LOAD, MEMORY, MESSAGES, P50, P99, SERVER, Row
from tests.benchmarks.scenario import Options, told
from tests.benchmarks.subjects import Subject, UserOf
from tests.benchmarks.world import World

#: Readers that come in before the memory is measured: with the first of them much is made that all others share.
FIRST = 8


def measure(
    world: World,
    options: Options,
    subject: Subject,
    rows: Mapping[int, Row],
    *,
    rooms: int = 1,
    readers: int,
    user_of: UserOf,
    samples: int = SAMPLES,
) -> None:
    """Measure rows in one run of a server.

    Arguments:
        rows: to be filled in, by the number of messages that are under way in each room at a time.
        rooms: how many talk.
        readers: of each room.
        user_of: who they are.
        samples: readers of each room that look at every frame.
    """
    with told(*rows.values()), subject.running(world) as server, Swarm(server.address) as swarm:
        talking = [Room(number, readers, subject.dialect, samples) for number in range(rooms)]
        plans = [plan for room in talking for plan in subject.plans(world, server, room, user_of)]
        swarm.open(plans[:FIRST])
        swarm.settle()
        before = server.usage.memory()
        swarm.open(plans[FIRST:])
        swarm.settle()
        memory = (server.usage.memory() - before) / (len(plans) - FIRST)
        for window, row in rows.items():
            traffic = talk(swarm, talking, server.usage, window=window, seconds=options.seconds)
            row.figures = figures(traffic) | {MEMORY: memory}
            row.problems = traffic.problems


def figures(traffic: Traffic) -> dict[str, float]:
    """Return what came of talk as figures of a row."""
    return {
        MESSAGES: traffic.messages / traffic.seconds,
        DELIVERIES: traffic.deliveries / traffic.seconds,
        FRAMES: traffic.frames / traffic.seconds,
        P50: traffic.latency.p50,
        P99: traffic.latency.p99,
        SERVER: traffic.server.share,
        LOAD: traffic.load.share,
    }
