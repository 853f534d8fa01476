"""What measures the hub: it finds what is there, and says so where something is missing."""

import os
from collections.abc import Iterator

import pytest

from tests import servers
from tests.benchmarks.client import traffic
from tests.benchmarks.cores import Cores, TooFewCores
from tests.benchmarks.rows import DELIVERIES, P99, SERVER, Row
from tests.benchmarks.scenario import Options
from tests.benchmarks.subjects import HubSubject, everyone
from tests.benchmarks.talking import measure
from tests.benchmarks.world import World

READERS = 20


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """What the scenarios need, with few users."""
    monkeypatch.setattr(traffic, "WARM_UP", 0.1)
    monkeypatch.setattr(traffic, "DRAIN", 60.0)
    try:
        cores = Cores.choose()
    except TooFewCores as problem:
        servers.missing(str(problem))
    before = os.sched_getaffinity(0)
    try:
        with World(cores, users=READERS) as made:
            yield made
    finally:
        os.sched_setaffinity(0, before)


def test_a_room_of_the_real_hub_is_measured_and_every_reader_got_everything(world: World) -> None:
    row = Row("live", "one room")
    subject = HubSubject("logged", "logged")
    measure(world, Options(seconds=2.0), subject, {2: row}, readers=READERS, user_of=everyone)
    assert not row.problems
    assert not row.not_measured
    assert row.figures[DELIVERIES] > 0
    assert row.figures[P99] > 0
    assert row.figures[SERVER] > 0
