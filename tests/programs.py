"""Running a command of ours in a process of its own: what it prints, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from hub.core.types import JSONObject
from tests.servers import ROOT

#: Seconds in which anything has to happen on a slow machine.
PATIENCE = 60.0


def installed(name: str) -> str:
    """Return the path of a command that a package has put beside Python, e.g. `celery`."""
    return str(Path(sys.executable).with_name(name))


class Program:
    """A running command.

    Arguments:
        command: the command line.
        env: its whole environment.
        cwd: where it runs.
    """

    def __init__(self, *command: str, env: Mapping[str, str], cwd: Path = ROOT) -> None:
        self.env = dict(env)
        #: What it has printed on standard output so far, and on standard error.
        self.lines: list[str] = []
        self.messages: list[str] = []
        self._said = threading.Condition()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A signal to the test run must not reach it: the test ends it in order.
            start_new_session=True,
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), name=f"reads {command[0]}")
            for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.messages))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def output(self) -> str:
        """All it has printed so far, standard error last."""
        with self._said:
            return "\n".join([*self.lines, *self.messages])

    def wait_for(self, pattern: str, *, seconds: float = PATIENCE) -> re.Match[str]:
        """Return the first match in what it prints; fail with all of that when it does not come in time."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output)):
            ended = not any(reader.is_alive() for reader in self._readers)
            assert time.monotonic() < deadline and not ended, f"expected {pattern!r}, got:\n{self.output}"
            with self._said:
                self._said.wait(0.1)
        return found

    def wait_for_lines(self, count: int, *, seconds: float = PATIENCE) -> list[str]:
        """Return the first `count` lines of its standard output."""
        deadline = time.monotonic() + seconds
        with self._said:
            while len(self.lines) < count:
                left = deadline - time.monotonic()
                ended = not self._readers[0].is_alive()
                assert left > 0 and not ended, f"expected {count} lines, got {len(self.lines)}:\n{self.messages}"
                self._said.wait(min(left, 0.1))
            return self.lines[:count]

    def ask(self, line: str) -> str:
        """Give it a line on its standard input, and return the next one that it prints."""
        before = len(self.lines)
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.wait_for_lines(before + 1)[before]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, *, seconds: float = PATIENCE) -> int:
        """Wait until it has ended, and return its exit code."""
        code = self.process.wait(timeout=seconds)
        for reader in self._readers:
            reader.join(timeout=seconds)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def stop(self) -> int:
        """Ask it to end, and return its exit code; it is killed when it does not."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.wait()

    def _read(self, stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            with self._said:
                lines.append(line.rstrip("\n"))
                self._said.notify_all()


class Server(Program):
    """A server that is told to listen on port 0 of 127.0.0.1 (`-p 0`): any free one."""

    @property
    def url(self) -> str:
        """Its address, e.g. `http://127.0.0.1:40213`. Waits until it listens."""
        port = self.wait_for(r"Listening on TCP address 127\.0\.0\.1:(\d+)")[1]
        return f"http://127.0.0.1:{port}"


class Subscriber(Program):
    """`python -m clients.subscribe`: follows a stream, and keeps its events.

    Arguments:
        site: the server's address, e.g. `http://127.0.0.1:8000`.
        path: e.g. `/ws/chat/lobby/`.
        token: who reads.
        options: more of the command's options.
    """

    def __init__(self, site: str, path: str, token: str, *options: str) -> None:
        command = (sys.executable, "-m", "clients.subscribe", site.replace("http", "ws", 1) + path, "--json", *options)
        super().__init__(*command, env=os.environ | {"HUBBUB_TOKEN": token})

    @property
    def events(self) -> list[JSONObject]:
        """The events of the log that it has printed so far; ephemeral ones are left out."""
        with self._said:
            events = [json.loads(line) for line in self.lines]
        return [event for event in events if "offset" in event]

    def wait_until_connected(self) -> None:
        """Wait for its first hello."""
        self.wait_for("subscribe: connected to ")

    def wait_for_event(self, wanted: Callable[[JSONObject], bool]) -> JSONObject:
        """Return the first event that is wanted; fail with all of them when it does not come in time."""
        deadline = time.monotonic() + PATIENCE
        while True:
            count = len(self.lines)
            if found := next(filter(wanted, self.events), None):
                return found
            self.wait_for_lines(count + 1, seconds=deadline - time.monotonic())


AnyProgram = TypeVar("AnyProgram", bound=Program)


@contextmanager
def stopped(program: AnyProgram) -> Iterator[AnyProgram]:
    """Stop a program when the block ends."""
    try:
        yield program
    finally:
        program.stop()
