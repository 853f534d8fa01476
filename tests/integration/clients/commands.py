"""Run the commands as people do: in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
_PATIENCE = 20.0


@dataclass(frozen=True)
class Finished:
    """How a command ended and what it printed."""

    status: int
    lines: list[str]
    messages: str

    @property
    def offsets(self) -> list[int]:
        """The offsets of the events that were printed as JSON."""
        return [json.loads(line)["offset"] for line in self.lines]


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    # What the developer has set must not reach the commands: a token, a proxy for 127.0.0.1, unbuffered output.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUBBUB_", "PYTHON"))}
    kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PYTHONWARNINGS": "error", **more}


@contextmanager
def started(
    name: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start `python -m clients.<name>`; it is killed at the end should it still run."""
    with subprocess.Popen(
        [sys.executable, "-m", f"clients.{name}", *arguments],
        cwd=ROOT,
        env=_environment(environment or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(process: subprocess.Popen[str], stdin: str = "") -> Finished:
    """Wait for a command to end."""
    output, messages = process.communicate(stdin, timeout=_PATIENCE)
    # Not `splitlines`: an event may hold other line ends.
    return Finished(process.returncode, output.split("\n")[:-1], messages)


def run(name: str, *arguments: str, environment: Mapping[str, str] | None = None, stdin: str = "") -> Finished:
    """Run `python -m clients.<name>` to its end."""
    with started(name, *arguments, environment=environment) as process:
        return finished(process, stdin)


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait for the first line on standard output."""
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line.rstrip("\n")
