"""`make` and the scripts behind it: what is set up once is not set up again, and trouble is told in a sentence."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.servers import ROOT, HubServer, alive, environment_of


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, without standard input."""
    env = env or environment_of(Path("var"))
    return subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def set_up() -> None:
    """What `make setup` leaves; it is there when the tests run by `make test`."""
    if run("make", "--question", "setup").returncode != 0:
        servers.missing("a finished `make setup`")


@pytest.fixture(scope="module")
def first_start(set_up: None) -> Iterator[tuple[HubServer, Path]]:
    """A hub started by `make up` on nothing; it stops at the end of the module."""
    with servers.temporary_var() as var:
        server = HubServer(var, command=("make", "up", "PORT=0", "WORKERS=1"))
        try:
            assert server.url
            yield server, var
        finally:
            server.stop()


def test_make_alone_lists_the_commands() -> None:
    done = run("make")
    assert done.returncode == 0
    described = set(re.findall(r"(?m)^make (\w+) ", done.stdout))
    declared = re.search(r"(?ms)^\.PHONY: (.+?)\n\n", (ROOT / "Makefile").read_text())
    assert declared is not None
    inner = {"help", "data", "FORCE", "\\"}
    assert described == {name for name in declared[1].split() if not name.startswith("check-")} - inner


def test_make_up_sets_up_once_and_stops_as_a_whole(first_start: tuple[HubServer, Path]) -> None:
    first, var = first_start
    assert {"Migrating the database …", "Loading the demo data …"} <= set(first.lines)
    assert "Log in as demo/demo, guest/guest or admin/admin" in first.output
    processes = first.processes()
    first.send_to_group(signal.SIGTERM)
    first.wait()
    assert not alive(processes)

    started = time.monotonic()
    second = HubServer(var, command=("make", "up", "PORT=0", "WORKERS=1"))
    try:
        assert second.url
        print(f"a second make up is ready after {time.monotonic() - started:.1f} s")
        assert not [line for line in second.lines if line.endswith(" …")]
    finally:
        second.send_to_group(signal.SIGINT)
        second.wait()


@pytest.mark.usefixtures("set_up")
def test_a_database_that_was_removed_is_made_again() -> None:
    with servers.temporary_var() as var:
        for stamp in (".migrated", ".demo"):
            (var / stamp).touch()
        planned = run("make", "--dry-run", "up", env=environment_of(var)).stdout
        assert "manage.py migrate" in planned
        assert "manage.py demo" in planned
        (var / "hubbub.sqlite3").touch()
        assert "manage.py migrate" not in run("make", "--dry-run", "up", env=environment_of(var)).stdout


@pytest.mark.usefixtures("set_up")
def test_the_demo_data_stays_out_of_production() -> None:
    with servers.temporary_var() as var:
        planned = run("make", "--dry-run", "up", env=environment_of(var, HUBBUB_ENV="production")).stdout
    assert "manage.py migrate" in planned
    assert "manage.py demo" not in planned


def test_host_port_and_workers_reach_the_hub() -> None:
    planned = run("make", "--dry-run", "up", "HOST=::1", "PORT=9000", "WORKERS=3").stdout
    assert 'manage.py hub --host "::1" --port "9000" --workers "3"' in planned


def test_a_step_that_succeeds_is_quiet() -> None:
    done = run("sh", "scripts/quietly.sh", "Saying something", "echo", "something")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Saying something …\n", "")


def test_a_step_that_fails_shows_what_it_said() -> None:
    done = run("sh", "scripts/quietly.sh", "Failing", "sh", "-c", "echo reason; exit 3")
    assert done.returncode == 3
    assert done.stdout == "Failing …\n"
    assert done.stderr == "reason\nThis failed with exit code 3: sh -c echo reason; exit 3\n"


def interpreter(directory: Path, script: str) -> dict[str, str]:
    """Return an environment whose `python3` is a shell script."""
    for name in ("sh", "mkdir", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (directory / name).symlink_to(found)
    python = directory / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return {"PATH": str(directory)}


def test_a_python_that_is_too_old_is_refused(tmp_path: Path) -> None:
    env = interpreter(tmp_path, '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')
    done = run("sh", "scripts/venv.sh", str(tmp_path / "venv"), env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("Hubbub needs Python 3.11 or newer, and python3 is Python 3.9.2.\n")


def test_a_python_that_is_not_there_is_refused(tmp_path: Path) -> None:
    env = interpreter(tmp_path, "exit 1") | {"PYTHON": "/no/such/python"}
    done = run("sh", "scripts/venv.sh", str(tmp_path / "venv"), env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("Hubbub needs Python 3.11 or newer, and /no/such/python is not there.\n")


def test_a_python_without_venv_is_refused(tmp_path: Path) -> None:
    env = interpreter(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac; exit 0')
    done = run("sh", "scripts/venv.sh", str(tmp_path / "venv"), env=env)
    assert done.returncode == 1
    assert done.stderr.startswith(f"The Python at {tmp_path}/python3 has no venv module.\n")
    assert "apt-get install python3-venv" in done.stderr


@pytest.mark.parametrize("script", [".ci/run", *(f"scripts/{path.name}" for path in (ROOT / "scripts").glob("*.sh"))])
def test_the_scripts_can_be_run(script: str) -> None:
    shell = "bash" if script == ".ci/run" else "sh"
    assert run(shell, "-n", script).returncode == 0
    assert os.access(ROOT / script, os.X_OK)
