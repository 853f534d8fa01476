"""What several acceptance tests share: hubs that they may post to, and people at them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests import centrifugo, servers
from tests.centrifugo import ServerApi
from tests.servers import HubServer


@contextmanager
def running_hub(
    prepared_var: Path, *arguments: str, env: Callable[[Path], dict[str, str]] = servers.environment_of
) -> Iterator[HubServer]:
    """Run a whole hub with the demo's data, ready, until the block ends; `env` makes its environment of its state."""
    with servers.temporary_var() as var:
        shutil.copytree(prepared_var, var, dirs_exist_ok=True)
        hub = HubServer(var, *arguments, env=env(var))
        try:
            assert hub.url
            hub.wait_for(r"(?m)^worker \| .+ ready\.$", seconds=servers.START)
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="session")
def lively_hub(prepared_var: Path) -> Iterator[HubServer]:
    """A hub of two server processes that tests post to; nobody counts on what is in it."""
    with running_hub(prepared_var) as hub:
        yield hub


@pytest.fixture(scope="session")
def shaken_hub(prepared_var: Path) -> Iterator[HubServer]:
    """A hub of two server processes whose parts tests kill."""
    with running_hub(prepared_var, "--no-beat") as hub:
        yield hub


def kill(hub: HubServer, part: str) -> None:
    """Kill all processes of a part, as the system does when memory runs out."""
    for process in hub.processes_of(part):
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture(scope="session")
def api_key(lively_hub: HubServer) -> str:
    """A key to the lively hub for all that keys can do, in the name of admin."""
    scopes = ("--scope", "notifications:write", "--scope", "chat:write")
    made = lively_hub.manage("apikey", "tests", "--user", "admin", *scopes)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture(scope="session")
def centrifugo_hub(prepared_var: Path) -> Iterator[HubServer]:
    """A hub of two server processes in the place of a Centrifugo; tests kill its servers."""
    with running_hub(prepared_var, "--no-beat", env=centrifugo.environment) as hub:
        yield hub


@pytest.fixture
def server_api(centrifugo_hub: HubServer) -> ServerApi:
    """What another backend asks of that hub."""
    return ServerApi(centrifugo_hub.url)
