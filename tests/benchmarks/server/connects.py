"""What a connection costs `python -m hub.server`, and plain Daphne: connects/s, messages/s, and memory.

    python -m tests.benchmarks.server.connects [--connections 5000] [--messages 20000] [--only hub.server]

Server and clients have a core each, where there are two. The processor time of the server says what it costs by itself,
on a busy machine too.
"""

import argparse
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psutil

from tests.benchmarks.server.clients import connect_all, echo_all

#: Bytes of a message, clients that send at the same time, handshakes under way at the same time.
SIZE, TALKING, AT_A_TIME = 100, 50, 64
#: Seconds in which the server clears up after the connects, before its memory is read.
SETTLE = 3.0
SERVERS = ("daphne", "hub.server")


class Figures(NamedTuple):
    """What was measured of one server."""

    connects: float
    #: Microseconds of the server's processor time for one connect, and for one message with its answer.
    connect_cost: float
    messages: float
    message_cost: float
    #: Bytes of a connection that is open and silent.
    memory: float

    def __str__(self) -> str:
        return (
            f"{self.connects:,.0f} connects/s ({self.connect_cost:,.0f} us of processor time each), "
            f"{self.messages:,.0f} messages/s ({self.message_cost:,.0f} us each), "
            f"{self.memory:,.0f} bytes for an idle connection"
        )


class _Meter:
    """Time and processor time between two moments."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._began, self._used = time.perf_counter(), self._processor_time()

    def _processor_time(self) -> float:
        times = self._server.cpu_times()
        return float(times.user + times.system)

    def per(self, count: int) -> tuple[float, float]:
        """Return how many a second, and microseconds of processor time for each."""
        seconds, used = time.perf_counter() - self._began, self._processor_time() - self._used
        return count / seconds, used / count * 1e6


def measure(server: psutil.Process, port: int, connections: int, messages: int) -> Figures:
    """Measure one server that runs."""
    # What the first connections make once and for all is no part of the others.
    for client in connect_all(port, 200, AT_A_TIME):
        client.close()
    time.sleep(SETTLE)
    before = server.memory_info().rss
    meter = _Meter(server)
    clients = connect_all(port, connections, AT_A_TIME)
    connects = meter.per(len(clients))
    time.sleep(SETTLE)
    memory = (server.memory_info().rss - before) / len(clients)
    talking = clients[:TALKING]
    each = messages // TALKING
    meter = _Meter(server)
    echo_all(talking, each, SIZE)
    echoes = meter.per(each * TALKING)
    for client in clients:
        client.close()
    return Figures(*connects, *echoes, memory)


@contextmanager
def running(module: str, port: int) -> Iterator[psutil.Process]:
    """Run a server while the block lasts."""
    application = "tests.benchmarks.server.application:application"
    # Nothing is said of what goes well; but each connection has its lines in an access log, as it has by default.
    options = ("-p", str(port), "-v", "0", "--access-log", os.devnull)
    command = (sys.executable, "-m", module, *options, application)
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, cores[:1]))
    try:
        _wait_for(port)
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on port {port}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    """Measure, and print a line for each server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--only", choices=SERVERS)
    options = parser.parse_args()
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
    cores = sorted(os.sched_getaffinity(0))
    for name in (options.only,) if options.only else SERVERS:
        port = _free_port()
        with running(name, port) as server:
            os.sched_setaffinity(0, cores[1:] or cores)
            figures = measure(server, port, options.connections, options.messages)
            os.sched_setaffinity(0, cores)
        print(f"{name}: {figures}", flush=True)


if __name__ == "__main__":
    main()
