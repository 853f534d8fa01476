"""Fixtures that every ring of tests may use: real servers, and the browser."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from django.db import connection

from hub.conf import private_redis_socket
from hub.conf import redis_url as address_of_redis
from tests import servers
from tests.servers import HubServer

# `pytest --hypothesis-profile=thorough`: for a night rather than for each change.
hypothesis.settings.register_profile("thorough", max_examples=2_000)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about another database than the one they would run on."""
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    left_out = [item for item in items if item.get_closest_marker(other)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A private Redis for the whole run, where the settings of the tests look for it. Gives its address."""
    with servers.running_redis(private_redis_socket()):
        yield address_of_redis()


@pytest.fixture(scope="session")
def prepared_var() -> Iterator[Path]:
    """The state of a hub that was set up, with the demo data: a pattern to be copied."""
    with servers.temporary_var() as var:
        env = servers.environment_of(var)
        for command in (("migrate", "--no-input"), ("demo",)):
            done = servers.manage(env, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        yield var


@pytest.fixture(scope="session")
def hub_server(prepared_var: Path) -> Iterator[HubServer]:
    """A whole hub with the demo data, ready, for all tests that leave it as they found it."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        server = HubServer(var)
        try:
            assert server.url
            yield server
        finally:
            server.end()


@pytest.fixture
def new_var(prepared_var: Path) -> Iterator[Path]:
    """State of its own for one test's hub, with the demo data."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        yield var


@pytest.fixture
def start_hub(new_var: Path) -> Iterator[Callable[..., HubServer]]:
    """Start hubs that a test may break: `start_hub(*arguments, env=…)`. What still runs then is ended."""
    with ExitStack() as running:

        def start(*arguments: str, env: dict[str, str] | None = None) -> HubServer:
            server = HubServer(new_var, *arguments, env=env)
            running.callback(server.end)
            return server

        yield start


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for the browser tests."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    servers.missing("chromium")
    raise AssertionError("missing() ends the test")
