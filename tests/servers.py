"""Real servers for the tests: a private Redis, and a whole hub in processes of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from hub import redis_server

ROOT = Path(__file__).resolve().parent.parent

#: Seconds in which a hub has to be ready on a slow machine.
START = 60.0
#: Seconds in which a hub has to be gone: the parts may take ten each.
STOP = 40.0


def missing(what: str) -> None:
    """Skip the test for want of `what`; where continuous integration runs (`CI` is set), fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set")
    pytest.skip(f"{what} is missing")


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 10.0) -> None:
    """Wait for a condition; fail with `what` was expected when it does not come about in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"expected {what} within {seconds:g} s"
        time.sleep(0.02)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run. One that has ended and was not yet collected by its parent does not."""
    return [process for process in processes if process.is_running() and _status(process) != psutil.STATUS_ZOMBIE]


def _status(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE


def own_children() -> set[psutil.Process]:
    """Return all processes that this test run has started and that live."""
    return set(alive(psutil.Process().children(recursive=True)))


def _names(process: psutil.Process) -> set[str]:
    try:
        # Redis writes over its command line, not over its name.
        return {process.name(), *(Path(word).name for word in process.cmdline())}
    except psutil.NoSuchProcess:
        return set()


@contextmanager
def running_redis(unix_socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a private Redis on the socket until the block ends."""
    try:
        binary = redis_server.find_binary()
    except redis_server.RedisNotFound:
        missing("redis-server")
    unix_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = redis_server.start_command(binary, unix_socket, unix_socket.parent)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: redis_server.answers(unix_socket), "an answer from Redis")
            yield process
        finally:
            process.terminate()


@contextmanager
def temporary_var() -> Iterator[Path]:
    """Give a directory for a hub's state. Its path is short: that of a Unix socket inside is limited."""
    path = Path(tempfile.mkdtemp(prefix="hubbub-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def environment_of(var: Path, **more: str) -> dict[str, str]:
    """Return the environment of a hub in demo mode with its state in `var`."""
    foreign = {
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "MAKEFLAGS",
        "MAKELEVEL",
        "HOST",
        "PORT",
        "WORKERS",
    }
    own = {name: value for name, value in os.environ.items() if name not in foreign}
    return own | {"HUBBUB_ENV": "demo", "HUBBUB_VAR": str(var), "PYTHONUNBUFFERED": "1"} | more


def manage(env: dict[str, str], *arguments: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a management command, and return its exit code and words. It may fail."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False)


_HUB = (sys.executable, "manage.py", "hub", "--port", "0", "--workers", "2")


class HubServer:
    """A running hub: what it says, and what it consists of.

    Arguments:
        var: the directory of its state.
        arguments: of `manage.py hub`, after the defaults of a free port and two server processes.
        env: its environment, when it is not that of `environment_of(var)`.
        command: another way to start it.
    """

    def __init__(
        self, var: Path, *arguments: str, env: dict[str, str] | None = None, command: tuple[str, ...] = _HUB
    ) -> None:
        self.var = var
        self.env = env or environment_of(var)
        self.lines: list[str] = []
        self._said = threading.Condition()
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A process group of its own, as a shell gives to each command.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="reads the hub's output")
        self._reader.start()

    @property
    def url(self) -> str:
        """Its address, e.g. `http://127.0.0.1:40213`. Waits until the hub is ready."""
        return self.wait_for(r"Hubbub is ready at (\S+)", seconds=START)[1]

    @property
    def output(self) -> str:
        """All it has said so far."""
        with self._said:
            return "\n".join(self.lines)

    def wait_for(self, pattern: str, *, seconds: float = 15.0) -> re.Match[str]:
        """Return the first match in what it says; fail with its whole output when it does not come in time."""
        deadline = time.monotonic() + seconds
        with self._said:
            while not (found := re.search(pattern, "\n".join(self.lines))):
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                assert left > 0 and not ended, f"expected {pattern!r}, got:\n" + "\n".join(self.lines)
                self._said.wait(min(left, 0.2))
        return found

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside it."""
        return manage(self.env, *arguments)

    def processes(self) -> list[psutil.Process]:
        """Return all its processes, the supervisor first."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def processes_of(self, program: str) -> list[psutil.Process]:
        """Return its parts that run this program or module, e.g. `redis-server`, `hub.server` or `worker`."""
        return [process for process in self.processes()[1:] if program in _names(process)]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor alone."""
        self.process.send_signal(number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        code = self.process.wait(timeout=STOP)
        self._reader.join(timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def stop(self) -> int:
        """Stop it in order, and return its exit code."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
        return self.wait()

    def end(self) -> int:
        """End it at once, as a second Ctrl-C does: for tests that are done with it."""
        while self.process.poll() is None:
            self.send(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.3)
        return self.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
