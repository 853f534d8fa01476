"""The last descriptors are kept."""

import os
import resource
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from hub.server.descriptors import RESERVE, has_room, is_in_reserve


@pytest.mark.parametrize(
    ("number", "limit", "reserved"),
    [
        (1024 - RESERVE - 1, 1024, False),
        (1024 - RESERVE, 1024, True),
        (1023, 1024, True),
        # Of few, three quarters are for sockets.
        (23, 32, False),
        (24, 32, True),
    ],
)
def test_the_last_numbers_are_the_reserve(number: int, limit: int, reserved: bool) -> None:
    assert is_in_reserve(number, limit) is reserved


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_limit_that_is_lowered_while_the_process_runs_holds_at_once(limits: tuple[int, int]) -> None:
    highest = max(map(int, os.listdir("/proc/self/fd")))
    connection = SimpleNamespace(fileno=lambda: highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(highest + 500, limits[0]), limits[1]))
    assert has_room(connection)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 5, limits[1]))
    assert not has_room(connection)
