"""`python -m tests.chaos.stall`: what a reader that stops reading costs the server, and the readers beside it (P4).

One server process, and readers of one stream, to which as much is published three times: to warm up, while all
read, and while some have stopped reading. These read on at the end, and have to get everything, on the same connection.

An allocator keeps what it was given once, so the memory of a process never shrinks to what it uses. Therefore it is
compared with that of the same process under the same load a moment before, which has warmed it up; the median of many
looks is compared, not the greatest; and several readers stop, which share the difference, and with it the noise.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

# Before Django's settings are read: what a developer has set for a hub of theirs must not reach this one.
import tests.environment  # noqa: F401
from clients.load.link import Server, open_link
from tests import servers
from tests.chaos.reading import PATIENCE, Memory, Reader
from tests.chaos.scene import prepared
from tests.programs import Program, stopped
from tests.programs import Server as ServerProgram

MEBIBYTE = 1_048_576
STREAM, PATH = "chat:lobby", "/ws/chat/lobby/"
#: Bytes that a client reads ahead.
READ_AHEAD = 65_536
#: Bytes that a stalled reader must not cost the server beyond an ordinary one.
MOST_MEMORY = MEBIBYTE

EXAMPLES = """\
examples:
  python -m tests.chaos.stall --megabytes 100
  python -m tests.chaos.stall --megabytes 10 --stalled 1 --json

exit status:
  0  a stalled reader cost less than 1 MiB, and every reader got everything, on one connection
  1  not so
  2  usage
"""


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much is published, and who reads."""

    megabytes: int = 100
    #: Readers that read all the time, and readers that stop.
    readers: int = 4
    stalled: int = 8
    #: Characters of each event, and bytes a second that are published.
    size: int = 32_000
    rate: float = 5_000_000.0
    #: Seconds that the server waits for the answer to a ping, sent every 3 seconds. Few, where it is to be seen that
    #: who does not read, and so cannot answer, stays all the same; who reads needs as many as the machine is slow.
    patience: float = 2.0

    @property
    def events(self) -> int:
        """How many events that makes."""
        return self.megabytes * 1_000_000 // self.size


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What came of it. Memory in bytes, times in seconds."""

    events: int
    #: Of the server process: all of it, while all read, and while some had stopped.
    memory_before: int
    memory_stalled: int
    #: For each stalled reader: the difference, and what the kernel kept for it at most.
    memory_each: int
    kernel_each: int
    #: From before the publishing to the reader, of those that read all the time.
    median_before: float
    median_stalled: float
    p99_before: float
    p99_stalled: float
    #: Readers that got all events, once, in order, on one connection; and how long the stalled ones took.
    complete: int
    expected: int
    catching_up: float

    @property
    def is_right(self) -> bool:
        """Whether the promise was kept."""
        return self.memory_each < MOST_MEMORY and self.complete == self.expected


class Stage:
    """A server process, and who publishes to it."""

    def __init__(self, server: ServerProgram, load: Load, readers: list[Reader]) -> None:
        self._server = server
        self._load = load
        self._readers = readers
        self._published = 0

    async def publish(self, reading: list[Reader]) -> Memory:
        """Publish all of the load once, and wait until those who read have it. Returns the memory meanwhile."""
        for reader in self._readers:
            reader.delays.clear()
        memory = Memory(psutil.Process(self._server.process.pid), urlsplit(self._server.url).port or 0)
        watching = asyncio.create_task(memory.watch())
        load = self._load
        words = (STREAM, str(self._published + 1), str(load.events), str(load.size), str(load.rate))
        with stopped(Program(sys.executable, "-m", "tests.chaos.flood", *words, env=self._server.env)) as flood:
            code = await asyncio.to_thread(flood.wait, seconds=PATIENCE)
        assert code == 0, flood.output
        self._published += load.events
        await asyncio.gather(*(reader.reached(self._published) for reader in reading))
        watching.cancel()
        return memory

    async def catch_up(self, reader: Reader) -> None:
        """Let a reader read on until it has everything."""
        reader.go_on()
        await reader.reached(self._published)


async def measure(pattern: Path, load: Load) -> Figures:
    """Publish, stall, and read on.

    Arguments:
        pattern: state of a hub with the demo data, which is copied.
    """
    with _running(pattern, load.patience) as server:
        token = servers.manage(server.env, "token", "demo").stdout.strip()
        async with AsyncExitStack() as kept:
            readers = []
            for _ in range(load.readers + load.stalled):
                link = await open_link(Server(server.url, token), PATH, buffer=READ_AHEAD)
                kept.callback(link.drop)
                readers.append(Reader(link))
            figures = await _measure(server, load, readers)
        # The loop closes them in its next round, and the server waits for them before it ends.
        await asyncio.sleep(0)
    return figures


async def _measure(server: ServerProgram, load: Load, everyone: list[Reader]) -> Figures:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(reader.run()) for reader in everyone]
        others, stalled = everyone[: load.readers], everyone[load.readers :]
        stage = Stage(server, load, everyone)
        await stage.publish(everyone)
        before = await stage.publish(everyone)
        quick = _quantiles(others)
        for reader in stalled:
            reader.stop()
        during = await stage.publish(others)
        slow = _quantiles(others)
        began = time.monotonic()
        await asyncio.gather(*map(stage.catch_up, stalled))
        took = time.monotonic() - began
        for task in running:
            task.cancel()
    return Figures(
        events=3 * load.events,
        memory_before=before.usual,
        memory_stalled=during.usual,
        memory_each=(during.usual - before.usual) // load.stalled,
        kernel_each=during.kernel,
        median_before=quick[0],
        median_stalled=slow[0],
        p99_before=quick[1],
        p99_stalled=slow[1],
        complete=sum(reader.in_order for reader in everyone),
        expected=len(everyone),
        catching_up=took,
    )


def _quantiles(readers: list[Reader]) -> tuple[float, float]:
    delays = [delay for reader in readers for delay in reader.delays]
    return statistics.median(delays), statistics.quantiles(delays, n=100)[98]


@contextmanager
def _running(pattern: Path, patience: float) -> Iterator[ServerProgram]:
    with servers.temporary_var() as var:
        shutil.copytree(pattern, var, dirs_exist_ok=True)
        env = servers.environment_of(var, HUBBUB_LIMITS="off")
        pings = ("--ping-interval", "3", "--ping-timeout", f"{patience:g}")
        options = ("-p", "0", "-v", "1", "--access-log", "/dev/null", *pings)
        command = (sys.executable, "-m", "hub.server", *options, "asgi:application")
        with (
            servers.running_redis(var / "redis" / "redis.sock"),
            stopped(ServerProgram(*command, env=env)) as server,
        ):
            yield server


def describe(figures: Figures, load: Load) -> str:
    """Return the figures as sentences."""
    before, after = figures.memory_before / MEBIBYTE, figures.memory_stalled / MEBIBYTE
    each, kernel = figures.memory_each / MEBIBYTE, figures.kernel_each / MEBIBYTE
    medians = f"p50 {figures.median_before * 1000:.1f} ms, then {figures.median_stalled * 1000:.1f} ms"
    tails = f"p99 {figures.p99_before * 1000:.1f} ms, then {figures.p99_stalled * 1000:.1f} ms"
    return f"""\
{load.megabytes} MB in {load.events} events, {load.readers} readers that read, {load.stalled} that stop
memory of the server  {before:.1f} MiB while all read, {after:.1f} MiB while some did not
each stalled reader   {each:+.2f} MiB; besides, at most {kernel:.2f} MiB in the kernel
delay of the others   {medians}; {tails}
got everything        {figures.complete} of {figures.expected}, on one connection each
the stalled ones      had everything {figures.catching_up:.1f} s after they read on
{"kept" if figures.is_right else "BROKEN"}"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.stall",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    usual = Load()
    parser.add_argument("--megabytes", type=int, default=usual.megabytes, help="published each time (%(default)s)")
    parser.add_argument("--readers", type=int, default=usual.readers, help="that read all the time (%(default)s)")
    parser.add_argument("--stalled", type=int, default=usual.stalled, help="that stop reading (%(default)s)")
    parser.add_argument("--size", type=int, default=usual.size, help="characters of an event (%(default)s)")
    parser.add_argument("--rate", type=float, default=usual.rate, help="bytes published a second (%(default).0f)")
    parser.add_argument("--json", action="store_true", help="print the figures as a JSON object")
    return parser


def main() -> int:
    """Run the command, and return its exit status."""
    options = vars(build_parser().parse_args())
    as_json = options.pop("json")
    load = Load(**options)
    with prepared() as pattern:
        figures = asyncio.run(measure(pattern, load))
    print(json.dumps(asdict(figures)) if as_json else describe(figures, load))
    return 0 if figures.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
