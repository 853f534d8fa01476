"""A process says what it holds when it is asked by a signal, and only then."""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from hub.introspection import count, tell_on_signal


@pytest.fixture(autouse=True)
def _the_signal_is_as_it_was() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, before)


async def test_it_counts_what_it_is_told_of_and_what_it_finds() -> None:
    before = count({"readers": 3})
    waiting = [asyncio.create_task(asyncio.sleep(60)) for _ in range(50)]
    kept = [[object()] for _ in range(1_000)]
    found = count({"readers": 3})
    assert (found["readers"], found["pid"]) == (3, os.getpid())
    assert found["tasks"] == before["tasks"] + len(waiting)
    assert found["objects"] >= before["objects"] + len(kept)
    for task in waiting:
        task.cancel()


async def test_it_says_so_once_for_each_signal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hub.introspection")
    tell_on_signal(lambda: {"readers": 3})
    assert not caplog.messages
    os.kill(os.getpid(), signal.SIGUSR2)
    async with asyncio.timeout(60):
        while not caplog.messages:
            await asyncio.sleep(0.01)
    (said,) = caplog.messages
    assert json.loads(said.removeprefix("holds "))["readers"] == 3


def test_beside_the_main_thread_it_leaves_the_signal_alone() -> None:
    before = signal.getsignal(signal.SIGUSR2)

    async def start() -> None:
        tell_on_signal(dict)

    thread = threading.Thread(target=lambda: asyncio.run(start()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGUSR2) is before
