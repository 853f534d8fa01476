"""The servers under test: the hub, the stock chat, the floor. Each listens on a socket of ours, on its own core."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.supervisor import parts
from hub.supervisor.listener import listen, local_address
from tests.benchmarks.cores import Cores
from tests.benchmarks.measured import Usage
from tests.servers import ROOT

#: Seconds in which a server has to answer, and to end.
START, STOP = 30.0, 15.0
_SOURCE = Path(__file__).with_name("floor.c")


class NotStarted(Exception):
    """A server did not start. Its text is a sentence, with what the server said."""


@dataclass(frozen=True)
class RunningServer:
    """A server under test."""

    address: tuple[str, int]
    usage: Usage

    @property
    def host(self) -> str:
        """Its name and port."""
        return f"{self.address[0]}:{self.address[1]}"


@contextmanager
def running(
    command: Sequence[str], listener: socket.socket, env: Mapping[str, str], cores: Cores, log: Path
) -> Iterator[RunningServer]:
    """Run a server that inherits its listening socket, until the block ends.

    Arguments:
        env: its whole environment.
        log: gets what it says.
    Raises:
        NotStarted: it does not answer.
    """
    with listener, log.open("ab") as output, cores.on_server_core():
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
        address = local_address(listener)
    try:
        _wait_for_answer(process, address, log)
        yield RunningServer(address, Usage(process.pid))
    finally:
        # Thousands of connections would be told to come back; here nobody will.
        process.kill()
        process.wait(timeout=STOP)


def _wait_for_answer(process: subprocess.Popen[bytes], address: tuple[str, int], log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.create_connection(address, timeout=START) as connection:
            connection.settimeout(1.0)
            try:
                connection.sendall(b"GET /nothing-here HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-WebSocket-Key: \r\n\r\n")
                if connection.recv(16):
                    return
            except TimeoutError:
                continue
            except OSError:
                time.sleep(0.1)
    raise NotStarted(f"expected the server to answer within {START:g} s, it said:\n{_end_of(log)}")


@contextmanager
def working(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run a Celery worker on the load's core, until the block ends. Gives its process's id.

    Raises:
        NotStarted: it is not ready in time.
    """
    log.write_bytes(b"")
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START
        while b" ready." not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"expected the worker to be ready within {START:g} s, it said:\n{_end_of(log)}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.kill()
        process.wait(timeout=STOP)


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def hub_command(descriptor: int) -> Sequence[str]:
    """Return the command that a hub starts its server processes by."""
    return parts.web(1, descriptor).command


def stock_command(descriptor: int) -> Sequence[str]:
    """Return the command of the stock chat: Daphne's own."""
    return (
        sys.executable,
        "-m",
        "daphne",
        "-v",
        "0",
        "--fd",
        str(descriptor),
        "--websocket_timeout",
        "-1",
        "tests.benchmarks.stock.application:application",
    )


def compile_floor(directory: Path) -> Path | None:
    """Compile the floor. Returns the program, None where there is no C compiler.

    Raises:
        subprocess.CalledProcessError: the compiler does not take it.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    program = directory / "floor"
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", program, _SOURCE], check=True, timeout=60)
    return program


def listener() -> socket.socket:
    """Return a socket that listens on any free port of this machine, with a queue as long as the hub's."""
    return listen("127.0.0.1", 0)


def own_environment() -> dict[str, str]:
    """Return the environment of a server that needs nothing of ours."""
    return dict(os.environ)
